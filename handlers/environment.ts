import { failure } from "./failure";

/**
 * A required environment variable.
 *
 * @throws Error with code `MISSING_ENVIRONMENT`.
 */
export function textFrom(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === "") {
    throw failure("MISSING_ENVIRONMENT", `The environment variable ${variable} is not set.`);
  }
  return value;
}

/**
 * A required environment variable that holds a whole number.
 *
 * @throws Error with code `MISSING_ENVIRONMENT` or `BAD_ENVIRONMENT`.
 */
export function wholeFrom(variable: string): number {
  const value = Number(textFrom(variable));
  if (!Number.isSafeInteger(value) || value < 0) {
    throw failure(
      "BAD_ENVIRONMENT",
      `The environment variable ${variable} is no whole number from 0.`,
    );
  }
  return value;
}

/** Whether an environment variable is `true`. */
export function isOn(variable: string): boolean {
  return process.env[variable] === "true";
}
