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

let session: Promise<Session> | undefined;

/** Resolves once functions can be serialized. Until {@link endDebugging}, further calls cost nothing. */
export async function beginDebugging(): Promise<void> {
  session ??= getSessionAsync().then((found) => {
    found.post("Debugger.enable");
    return found;
  });
  await session;
}

/** To be called when nothing is being serialized. */
export async function endDebugging(): Promise<void> {
  const found = await session;
  session = undefined;
  found?.post("Debugger.disable");
}
