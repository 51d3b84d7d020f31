import { ServiceError } from "../errors";

/** The qualifier of what can still be changed: the function's newest code and configuration. */
export const LATEST = "$LATEST";

export interface FunctionName {
  /** Without the account and the qualifier. */
  readonly name: string;
  /** A version, an alias or `$LATEST`. */
  readonly qualifier?: string;
}

/** From a name or an ARN, either with or without a qualifier. */
export function parseFunctionName(text: string): FunctionName {
  const parts = text.split(":");
  const [name = "", qualifier] = parts[0] === "arn" ? parts.slice(6) : parts;
  return qualifier === undefined ? { name } : { name, qualifier };
}

/**
 * A name or ARN together with the qualifier that some requests give apart.
 *
 * @throws InvalidParameterValueException if both have one, and not the same
 */
export function withQualifier(text: string, qualifier: string | undefined): string {
  if (qualifier === undefined) return text;
  const derived = parseFunctionName(text).qualifier;
  if (derived === undefined) return `${text}:${qualifier}`;
  if (derived === qualifier) return text;
  throw new ServiceError(
    "InvalidParameterValueException",
    "The derived qualifier from the function name does not match the specified qualifier.",
  );
}

/** Under which settings and policies are kept that each version and alias has of its own. */
export function keyOf({ name, qualifier }: FunctionName): string {
  return qualifier === undefined || qualifier === LATEST ? name : `${name}:${qualifier}`;
}
