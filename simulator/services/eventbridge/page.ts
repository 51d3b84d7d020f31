import { invalidParameter } from "./errors";

/** Source: the API's `LimitMax100`. */
const LIMIT_MAX = 100;

/** What a list operation was asked for. */
export interface PageInput {
  readonly Limit?: number;
  readonly NextToken?: string;
}

/**
 * A page of a list, and the token of the next one if there is more.
 *
 * @throws ValidationException
 */
export function pageOf<T>(
  items: readonly T[],
  { Limit: limit = LIMIT_MAX, NextToken: token = "0" }: PageInput,
): { readonly items: readonly T[]; readonly NextToken?: string } {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw invalidParameter("Limit", `It must be a whole number from 1 to ${LIMIT_MAX}.`);
  }
  if (!/^\d+$/.test(token)) throw invalidParameter("NextToken", "It is not one of ours.");
  const from = Number(token);
  const until = from + limit;
  return {
    items: items.slice(from, until),
    ...(until < items.length && { NextToken: String(until) }),
  };
}

export const hasPrefix =
  (prefix = "") =>
  (name: string): boolean =>
    name.startsWith(prefix);
