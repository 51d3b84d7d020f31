import { writeOutput } from "../../compare/commands/output";
import { EXIT, Refusal } from "../../compare/failure";
import type { Passed } from "../service/time";
import { ask, withAskOptions, type AddCommand, type TypedAsk } from "./ask";

interface TypedSettle extends TypedAsk {
  readonly within: string;
}

export const addAdvance: AddCommand = (program, perform) => {
  withAskOptions(program.command("advance").summary("let virtual time pass"))
    .description("Lets virtual time pass, and prints which functions were invoked meanwhile.")
    .argument("<seconds>", "fractions allowed")
    .action((seconds: string, typed: TypedAsk) =>
      perform(async () => {
        const request = { seconds: secondsOf("seconds", seconds) };
        const passed = await ask<Passed>(typed, "advance", request);
        writeOutput(typed.json, passedText(passed), passed);
        return EXIT.ok;
      }, typed.verbose),
    );
};

export const addSettle: AddCommand = (program, perform) => {
  withAskOptions(program.command("settle").summary("let time pass until nothing is left to do"))
    .description(
      "Lets virtual time pass until every source is drained, nothing is in flight and no retry is scheduled. Exits " +
        "with 1 if something is still waiting then.",
    )
    .option("--within <seconds>", "at the most", "86400")
    .action((typed: TypedSettle) =>
      perform(async () => {
        const request = { withinSeconds: secondsOf("--within", typed.within) };
        const passed = await ask<Passed>(typed, "settle", request);
        writeOutput(typed.json, passedText(passed), passed);
        return passed.settled === false ? EXIT.runFailed : EXIT.ok;
      }, typed.verbose),
    );
};

function secondsOf(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new Refusal(`${option} ${text}: expected a number of seconds.`);
}

export function passedText({ functions, now, pending, seconds, settled }: Passed): string {
  const width = Math.max(0, ...functions.map((each) => each.function.length));
  const lines = functions.map(({ function: name, outcomes, stack }) => {
    const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
    return `  ${name.padEnd(width)}  ${counts.join(", ")}  (${stack})`;
  });
  const isQuiet = pending.length === 0;
  const state = settled === false ? "Not settled: waiting" : "Waiting";
  return [
    `${seconds} s have passed; virtual time ${now}.`,
    ...(lines.length > 0 ? ["Invocations:", ...lines] : ["No function was invoked."]),
    ...(isQuiet ? ["Nothing waits."] : [`${state}:`, ...pending.map((line) => `  ${line}`)]),
  ].join("\n");
}
