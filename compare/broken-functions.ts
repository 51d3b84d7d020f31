import type { Account } from "./account";

/** Errors of a function whose code does not even load: no retry will help, and no number would mean anything. */
const LOAD_ERRORS = [
  "Runtime.ImportModuleError",
  "Runtime.UserCodeSyntaxError",
  "Runtime.HandlerNotFound",
  "Runtime.MalformedHandlerName",
];

/** @throws Error that names the first function whose code does not load */
export function refuseBrokenFunctions(
  account: Pick<Account, "invocations">,
  functions: readonly string[],
): void {
  for (const name of functions) {
    const broken = account
      .invocations(name)
      .find(({ error }) => error !== undefined && LOAD_ERRORS.includes(error.errorType));
    if (broken === undefined) continue;
    throw new Error(`The function ${name} does not load: ${broken.error!.errorMessage}`);
  }
}
