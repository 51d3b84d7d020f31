import { withAskOptions, type AddCommand } from "./ask";
import type { TypedWorkload } from "./run-workload";

const HELP = `
The account begins anew for it: what is deployed stays, what was put and done is gone, and virtual time starts again.
Afterwards it is as the workload has left it. The seed is the account's.

Examples:
  npm run simulated-aws -- workload burst
  npm run simulated-aws -- workload poison --stack bisect --count 2000 --json -`;

/** @param projectFolder where the stack files are */
export function addWorkload(projectFolder: string): AddCommand {
  return (program, perform) => {
    const command = program
      .command("workload")
      .summary("give what is deployed a workload with failures, and score it")
      .description(
        "Gives what is deployed of a stack of this project a workload of the comparison, with its failures, and prints " +
          "the table that `npm start` prints.",
      )
      .argument("<workload>", "burst, poison, orders, trips, errors")
      .option("--stack <name>", "the stack", "dev")
      .option("--count <n>", "records, orders, trips or rows (default: the comparison's)");
    withAskOptions(command)
      .addHelpText("after", HELP)
      .action((workload: string, typed: TypedWorkload) =>
        perform(async () => {
          // Runs the program, and so needs what other commands do not.
          const { runWorkload } = await import("./run-workload.js");
          return runWorkload(projectFolder, workload, typed);
        }, typed.verbose),
      );
  };
}
