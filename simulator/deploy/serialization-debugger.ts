/**
 * Pulumi reads the variables of a closure through an inspector session that debugs the thread it runs in, and never
 * ends it. In a thread that is debugged every `await` takes six times as long, and simulations consist of them: the
 * debugger is on only while something is serialized.
 */
import type { Session } from "node:inspector";
import * as hooks from "@pulumi/pulumi/runtime/closure/v8Hooks";

const { getSessionAsync } = hooks as unknown as {
  readonly getSessionAsync: () => Promise<Session>;
};

let underWay = 0;

/** Serializes with the debugger on, and leaves it on while other functions are being serialized. */
export async function whileDebugging<T>(serialize: () => Promise<T>): Promise<T> {
  const session = await getSessionAsync();
  underWay += 1;
  try {
    // Changes nothing where it is on.
    session.post("Debugger.enable");
    return await serialize();
  } finally {
    underWay -= 1;
    if (underWay === 0) session.post("Debugger.disable");
  }
}
