import { createHash } from "node:crypto";
import { ServiceError } from "../errors";
import { invalidValue, missingParameter } from "./errors";

/** A message attribute, as the SDK has it. */
export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, each with an optional `.label`. */
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** `ready`: can be received. `delayed` and `in-flight`: not before `visibleAtMs`. `gone`: removed. */
export type MessageState = "ready" | "delayed" | "in-flight" | "gone";

/** A message in a queue. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader?: string;
  readonly senderId: string;
  /** Virtual milliseconds since the epoch. */
  readonly sentAtMs: number;
  /** When retention began: a standard dead-letter queue goes on from the original instant. */
  readonly retainedFromMs: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly sequenceNumber?: string;
  /** The queue this dead letter came from. */
  readonly sourceArn?: string;
  /** Bytes of body and attributes. */
  readonly bytes: number;
  /** Position in its queue's order. */
  readonly order: number;
  state: MessageState;
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedAtMs?: number;
  lastReceivedAtMs?: number;
  /** The latest one; older ones delete nothing. */
  receiptHandle?: string;
}

const ATTRIBUTES_MAX = 10;
const NOT_XML = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export const md5 = (content: string | Uint8Array): string =>
  createHash("md5").update(content).digest("hex");

export const sha256 = (content: string): string =>
  createHash("sha256").update(content).digest("hex");

/** @throws InvalidMessageContents, MissingParameter, InvalidParameterValue */
export function checkContent(body: string | undefined, attributes: MessageAttributes): void {
  if (!body) throw missingParameter("MessageBody");
  if (NOT_XML.test(body)) {
    throw new ServiceError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | " +
        "#xE000 to #xFFFD | #x10000 to #x10FFFF.",
    );
  }
  const entries = Object.entries(attributes);
  if (entries.length > ATTRIBUTES_MAX) {
    const reason = `Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`;
    throw new ServiceError("InvalidParameterValue", reason);
  }
  for (const [name, attribute] of entries) checkAttribute(name, attribute);
}

function checkAttribute(
  name: string,
  { BinaryValue, DataType, StringValue }: MessageAttribute,
): void {
  const type = /^(String|Number|Binary)(\..+)?$/.exec(DataType ?? "")?.[1];
  if (!type) {
    const reason = "The message attribute type must be String, Number or Binary.";
    throw invalidValue(DataType, `MessageAttributes.${name}.DataType`, reason);
  }
  const empty = type === "Binary" ? !BinaryValue?.length : !StringValue;
  if (empty) {
    throw new ServiceError(
      "InvalidParameterValue",
      `The message attribute '${name}' must contain non-empty message attribute value for message ` +
        `attribute type '${type}'.`,
    );
  }
}

export function sizeOf(body: string, attributes: MessageAttributes): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, { BinaryValue, DataType, StringValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    bytes +=
      StringValue === undefined ? (BinaryValue?.length ?? 0) : Buffer.byteLength(StringValue);
  }
  return bytes;
}

/**
 * MD5 over the attributes, names sorted, each part with its length in front; `undefined` without any.
 * (AWS page: Calculating the MD5 message digest for message attributes.)
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash("md5");
  const add = (part: Uint8Array): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  };
  for (const name of names) {
    const { BinaryValue, DataType, StringValue } = attributes[name]!;
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    const binary = DataType.startsWith("Binary");
    hash.update(Uint8Array.of(binary ? 2 : 1));
    add(binary ? (BinaryValue ?? new Uint8Array()) : Buffer.from(StringValue ?? ""));
  }
  return hash.digest("hex");
}
