import type { Invocation, Write } from "../account";
import type { DeadLettered } from "./classify";
import type { BatchInfo, DeadLetter } from "./dead-letters";
import { partOf, recordsOf, type Part, type StreamRecord } from "./multiplicity";
import { textOf } from "./sums";
import type { Topology } from "./topology";

/** What is needed to tell which records a dead letter is about. */
export interface Origins {
  readonly topology: Topology;
  readonly invocations: ReadonlyMap<string, Invocation>;
  /** By `shardId:sequenceNumber`: the produced record. */
  readonly produced: ReadonlyMap<string, number>;
  readonly stateWrites: readonly Write[];
  readonly outboxWrites: readonly Write[];
  /** By outbox row: what it holds. */
  readonly rows: ReadonlyMap<string, readonly Part[]>;
}

/** One given-up record of a stream, with what identifies it there. */
type GivenUp = Pick<StreamRecord, "eventID" | "eventName" | "dynamodb">;

/**
 * Which records the dead letters hold. A dead letter in S3 says so itself; those in SQS and SNS name a range of
 * sequence numbers, which is looked up in the event of the batch's last invocation, or, if the batch was never
 * delivered, among everything that was put on that shard.
 *
 * @throws Error for a dead letter that leads to no record
 */
export function resolveDeadLetters(letters: readonly DeadLetter[], origins: Origins): DeadLettered {
  const records = new Set<number>();
  const contents = new Set<string>();
  for (const letter of letters) {
    const info = letter.KinesisBatchInfo ?? letter.DDBStreamBatchInfo;
    if (info === undefined) throw new Error("A dead letter names no batch.");
    const givenUp = recordsOfLetter(letter, info, origins);
    if (givenUp.length === 0) {
      throw new Error(
        `A dead letter of ${info.streamArn} leads to no record ` +
          `(${info.shardId}, ${info.startSequenceNumber} to ${info.endSequenceNumber}).`,
      );
    }
    for (const record of givenUp) {
      if (letter.KinesisBatchInfo !== undefined) {
        const index = origins.produced.get(record.eventID);
        if (index !== undefined) records.add(index);
      } else {
        for (const content of contentsOf(record, info, origins)) contents.add(content);
      }
    }
  }
  return { records, contents };
}

function recordsOfLetter(
  letter: DeadLetter,
  info: BatchInfo,
  origins: Origins,
): readonly GivenUp[] {
  if (letter.payload !== undefined) return recordsOf(parsed(letter.payload));
  const first = BigInt(info.startSequenceNumber);
  const last = BigInt(info.endSequenceNumber);
  const inRange = (sequenceNumber: string): boolean => {
    const number = BigInt(sequenceNumber);
    return first <= number && number <= last;
  };
  const invocation = origins.invocations.get(letter.requestContext.requestId);
  const delivered = recordsOf(invocation?.event).filter(({ kinesis, dynamodb }) =>
    inRange((kinesis?.sequenceNumber ?? dynamodb?.SequenceNumber)!),
  );
  if (delivered.length > 0) return delivered;
  return letter.KinesisBatchInfo !== undefined
    ? producedIn(info, inRange, origins)
    : writtenIn(info, inRange, origins);
}

function parsed(payload: unknown): unknown {
  return typeof payload === "string" ? (JSON.parse(payload) as unknown) : payload;
}

function producedIn(
  { shardId }: BatchInfo,
  inRange: (sequenceNumber: string) => boolean,
  { produced }: Origins,
): GivenUp[] {
  const prefix = `${shardId}:`;
  return [...produced.keys()]
    .filter((id) => id.startsWith(prefix) && inRange(id.slice(prefix.length)))
    .map((eventID) => ({ eventID }));
}

function writtenIn(
  info: BatchInfo,
  inRange: (sequenceNumber: string) => boolean,
  origins: Origins,
): GivenUp[] {
  const writes = isTable(info, origins.topology.stateTableName)
    ? origins.stateWrites
    : origins.outboxWrites;
  return writes
    .filter(({ stream }) => stream?.shardId === info.shardId && inRange(stream.sequenceNumber))
    .map(({ before, after, stream }) => ({
      eventID: stream!.eventId,
      eventName: before === undefined ? "INSERT" : "MODIFY",
      dynamodb: { SequenceNumber: stream!.sequenceNumber, NewImage: after, OldImage: before },
    }));
}

function isTable({ streamArn }: BatchInfo, table: string): boolean {
  return streamArn.includes(`:table/${table}/`);
}

/** The contents that are not applied because this record of a table's stream was given up. */
function contentsOf({ eventName, dynamodb }: GivenUp, info: BatchInfo, origins: Origins): string[] {
  const image = dynamodb?.NewImage;
  if (image === undefined) return [];
  if (isTable(info, origins.topology.stateTableName)) return [partOf(image, 1).content];
  // Of the outbox, only inserts matter to Reduce: later changes of a row are its own.
  if (eventName !== "INSERT") return [];
  const parts = origins.rows.get(textOf(image, "id")) ?? [];
  return parts.filter(({ sign }) => sign > 0).map(({ content }) => content);
}
