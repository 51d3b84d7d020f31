import { createHash } from "node:crypto";
import { failure } from "./failure";

/**
 * What a producer puts on the stream, as JSON in a Kinesis record's data. One message is one state of one
 * entity; a higher version replaces a lower one, and among equal versions the higher content hash wins.
 */
export interface Message {
  /** The entity. 1 to 256 characters. */
  readonly id: string;
  /** Three levels, top first, each 1 to 100 characters without `::`; the first is never `message_count`. */
  readonly hierarchy: readonly [string, string, string];
  /** Whole number ≥ 0. Never restarts for the same id. */
  readonly version: number;
  /** Integer minor units (cents): sums stay exact whatever the grouping. */
  readonly valueMinor: number;
  /** Milliseconds since the epoch; informs, decides nothing. */
  readonly producedAt: number;
  /** A tombstone: the entity no longer contributes. @default false */
  readonly deleted?: boolean;
}

export const GROUP_SEPARATOR = "::";

/** The group that counts entities (distinct ids that are not deleted) beside the tree's sums. */
export const MESSAGE_COUNT = "message_count";

/** The leaf group of a hierarchy: `l1::l2::l3`. */
export function leafOf(hierarchy: readonly [string, string, string]): string {
  return hierarchy[0] + GROUP_SEPARATOR + hierarchy[1] + GROUP_SEPARATOR + hierarchy[2];
}

/** The groups that a leaf's value is summed into, top first: `l1`, `l1::l2`, `l1::l2::l3`. */
export function groupsOf(leaf: string): [string, string, string] {
  const first = leaf.indexOf(GROUP_SEPARATOR);
  const second = leaf.indexOf(GROUP_SEPARATOR, first + GROUP_SEPARATOR.length);
  return [leaf.slice(0, first), leaf.slice(0, second), leaf];
}

/** Orders messages of one id and version: 32 hex digits over everything that is folded, and nothing else. */
export function contentHashOf(leaf: string, valueMinor: number, deleted: boolean): string {
  const content = `${leaf}\n${valueMinor}\n${deleted ? 1 : 0}`;
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}

/**
 * Reads the data of a Kinesis record (base64 of a JSON message).
 *
 * @throws Error with code `UNDECODABLE_MESSAGE`; it says what is wrong and never quotes the payload.
 */
export function decodeMessage(data: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data, "base64").toString("utf8"));
  } catch {
    throw failure("UNDECODABLE_MESSAGE", "The record's data is not JSON.");
  }
  const problem = problemOf(value);
  if (problem !== undefined) throw failure("UNDECODABLE_MESSAGE", problem);
  return value as Message;
}

/** Why a parsed value is no message; undefined if it is one. */
function problemOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "The record's data is not a JSON object.";
  const { id, hierarchy, version, valueMinor, producedAt, deleted } = value as Partial<Message>;
  if (typeof id !== "string" || id === "" || id.length > 256) {
    return "The message's id is not a string of 1 to 256 characters.";
  }
  if (!Array.isArray(hierarchy) || hierarchy.length !== 3) {
    return "The message's hierarchy is not a list of three levels.";
  }
  for (const level of hierarchy as readonly unknown[]) {
    if (typeof level !== "string" || level === "" || level.length > 100) {
      return "A level of the message's hierarchy is not a string of 1 to 100 characters.";
    }
    // A single colon at an edge would join its neighbour's into an earlier separator.
    if (level.includes(GROUP_SEPARATOR) || level.startsWith(":") || level.endsWith(":")) {
      return "A level of the message's hierarchy holds '::', or begins or ends with ':'.";
    }
  }
  if (hierarchy[0] === MESSAGE_COUNT) {
    return "The message's hierarchy begins with 'message_count', which names the counter.";
  }
  if (!Number.isSafeInteger(version) || (version as number) < 0) {
    return "The message's version is not a whole number from 0.";
  }
  if (!Number.isSafeInteger(valueMinor)) return "The message's valueMinor is not an integer.";
  if (!Number.isSafeInteger(producedAt)) return "The message's producedAt is not an integer.";
  if (deleted !== undefined && typeof deleted !== "boolean") {
    return "The message's deleted is neither true nor false.";
  }
  return undefined;
}
