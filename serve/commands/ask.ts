import { request } from "node:http";
import type { Command } from "commander";
import { Refusal } from "../../compare/failure";
import type { Perform } from "../../compare/commands/subcommand";
import { DEFAULT_CONTROL_PORT, portOf } from "./options";

/** The options of every command that asks a served account. */
export interface TypedAsk {
  readonly controlPort: string;
  readonly json?: string;
  readonly verbose?: boolean;
}

/** Adds what every such command has. */
export function withAskOptions(command: Command): Command {
  return command
    .option("--control-port <n>", "where the account listens for commands", DEFAULT_CONTROL_PORT)
    .option("--json <file>", "write the result as JSON (-: to standard output, nothing else)")
    .option("--verbose", "stack traces");
}

export type AddCommand = (program: Command, perform: Perform) => void;

/**
 * Asks the account that is served on this machine.
 *
 * @throws Refusal for what it refuses; an `Error` if it fails, or if none is served
 */
export async function ask<Result>(
  { controlPort }: Pick<TypedAsk, "controlPort">,
  command: string,
  asked: object,
): Promise<Result> {
  const port = portOf("--control-port", controlPort);
  const { status, text } = await send(port, command, asked);
  return resultOf<Result>(status, text, port);
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Without a limit of time: a workload may take minutes. */
function send(port: number, command: string, asked: object): Promise<Answer> {
  const headers = { "Content-Type": "application/json" };
  const target = { host: "127.0.0.1", port, path: `/${command}`, method: "POST", headers };
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(unreachable(port, cause));
    const call = request({ ...target, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() }),
      );
    });
    call.on("error", fail);
    call.end(JSON.stringify(asked));
  });
}

function unreachable(port: number, { code, message }: NodeJS.ErrnoException): Error {
  if (code === "ECONNREFUSED") {
    const option = String(port) === DEFAULT_CONTROL_PORT ? "" : ` -- --control-port ${port}`;
    return new Error(
      `No account is served with its control port at 127.0.0.1:${port}. Start one: npm run simulated-aws${option}`,
    );
  }
  if (code === "ECONNRESET") return new Error("The account has ended before the command was done.");
  return new Error(`The account at 127.0.0.1:${port} does not answer: ${message}`);
}

function resultOf<Result>(status: number | undefined, text: string, port: number): Result {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`What listens at 127.0.0.1:${port} is no simulated account.`);
  }
  if (status === 200) return body as Result;
  const { error, stackTrace } = body as { error?: string; stackTrace?: string };
  if (status === 422) throw new Refusal(error);
  const failure = new Error(error ?? `The account at 127.0.0.1:${port} answers ${status}.`);
  if (stackTrace !== undefined) failure.stack = stackTrace;
  throw failure;
}
