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

/** The groups that a leaf's value is summed into, top first: `l1`, `l1::l2`, `l1::l2::l3`. */
export function groupsOf(leaf: string): [string, string, string] {
  const first = leaf.indexOf(GROUP_SEPARATOR);
  const second = leaf.indexOf(GROUP_SEPARATOR, first + GROUP_SEPARATOR.length);
  return [leaf.slice(0, first), leaf.slice(0, second), leaf];
}

/** What a handler does with the message of one record. */
export interface MessageReader {
  /**
   * Reads the data of a Kinesis record (base64 of a JSON message).
   *
   * @throws Error with code `UNDECODABLE_MESSAGE`; it says what is wrong and never quotes the payload.
   */
  readonly decode: (data: string) => Message;
  /** The leaf group of a hierarchy: `l1::l2::l3`. */
  readonly leafOf: (hierarchy: readonly [string, string, string]) => string;
  /** Orders messages of one id and version: 32 hex digits over everything that is folded, and nothing else. */
  readonly contentHashOf: (leaf: string, valueMinor: number, deleted: boolean) => string;
}

/**
 * Made once per environment: a serialized function of ours at module level is made anew at each call, which for one
 * that runs per record costs more than all it does.
 */
export function createMessageReader(): MessageReader {
  const parse = JSON.parse;
  const bytesOf = (base64: string): Buffer => Buffer.from(base64, "base64");
  const isInteger = Number.isSafeInteger;
  const isList = Array.isArray;
  const hash = createHash;
  const separator = GROUP_SEPARATOR;
  const counter = MESSAGE_COUNT;

  const undecodable = (message: string): Error => failure("UNDECODABLE_MESSAGE", message);

  /** Why a parsed value is no message; undefined if it is one. */
  function problemOf(value: unknown): string | undefined {
    if (typeof value !== "object" || value === null)
      return "The record's data is not a JSON object.";
    const { id, hierarchy, version, valueMinor, producedAt, deleted } = value as Partial<Message>;
    if (typeof id !== "string" || id === "" || id.length > 256) {
      return "The message's id is not a string of 1 to 256 characters.";
    }
    if (!isList(hierarchy) || hierarchy.length !== 3) {
      return "The message's hierarchy is not a list of three levels.";
    }
    for (const level of hierarchy as readonly unknown[]) {
      if (typeof level !== "string" || level === "" || level.length > 100) {
        return "A level of the message's hierarchy is not a string of 1 to 100 characters.";
      }
      // A single colon at an edge would join its neighbour's into an earlier separator.
      if (level.includes(separator) || level.startsWith(":") || level.endsWith(":")) {
        return "A level of the message's hierarchy holds '::', or begins or ends with ':'.";
      }
    }
    if (hierarchy[0] === counter) {
      return "The message's hierarchy begins with 'message_count', which names the counter.";
    }
    if (!isInteger(version) || (version as number) < 0) {
      return "The message's version is not a whole number from 0.";
    }
    if (!isInteger(valueMinor)) return "The message's valueMinor is not an integer.";
    if (!isInteger(producedAt)) return "The message's producedAt is not an integer.";
    if (deleted !== undefined && typeof deleted !== "boolean") {
      return "The message's deleted is neither true nor false.";
    }
    return undefined;
  }

  return {
    decode(data) {
      let value: unknown;
      try {
        value = parse(bytesOf(data).toString("utf8"));
      } catch {
        throw undecodable("The record's data is not JSON.");
      }
      const problem = problemOf(value);
      if (problem !== undefined) throw undecodable(problem);
      return value as Message;
    },
    leafOf: (levels) => levels[0] + separator + levels[1] + separator + levels[2],
    contentHashOf(leaf, valueMinor, deleted) {
      const content = `${leaf}\n${valueMinor}\n${deleted ? 1 : 0}`;
      return hash("sha256").update(content).digest("hex").slice(0, 32);
    },
  };
}
