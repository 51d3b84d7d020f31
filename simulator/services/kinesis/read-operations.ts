import { ServiceError } from "../errors";
import type { Operation } from "../service";
import { type ShardIterator, checkNotExpired, decodeIterator, encodeIterator } from "./iterators";
import type { KinesisRecord } from "./record";
import { SEQUENCE_NUMBER_PATTERN } from "./sequence-numbers";
import type { Kinesis } from "./service";
import { type KinesisShard, type KinesisStream, firstArrivedAt, lowerBound } from "./stream";
import { type StreamTarget, onStream, streamArn } from "./stream-target";

interface GetShardIteratorInput extends StreamTarget {
  readonly ShardId: string;
  readonly ShardIteratorType: string;
  readonly StartingSequenceNumber?: string;
  readonly Timestamp?: Date;
}

interface GetRecordsInput {
  readonly ShardIterator: string;
  readonly Limit?: number;
}

const LIMIT_MAX = 10_000;
const RESPONSE_BYTES_MAX = 10 * 1024 * 1024;

/** All five types. @throws `ResourceNotFoundException`, `InvalidArgumentException` */
export function getShardIterator(kinesis: Kinesis): Operation {
  return {
    permissions: onStream("kinesis:GetShardIterator"),
    execute: (input: GetShardIteratorInput) => {
      const stream = kinesis.targetOf(input);
      const shard = requireShard(stream, input.ShardId);
      const index = startingIndex(stream, shard, input, kinesis.now);
      return { ShardIterator: iteratorAt(stream, shard, index, kinesis.now) };
    },
  };
}

/**
 * Read throughput (5 calls and 2 MB a second per shard) is not limited here.
 * @throws `ExpiredIteratorException` after five minutes, `InvalidArgumentException`
 */
export function getRecords(kinesis: Kinesis): Operation {
  return {
    permissions: ({ ShardIterator: text }: GetRecordsInput, account) => {
      const { streamName } = decodeIterator(text);
      return [{ action: "kinesis:GetRecords", resource: streamArn(account, streamName) }];
    },
    execute: ({ ShardIterator: text, Limit: limit = LIMIT_MAX }: GetRecordsInput) => {
      const nowMs = kinesis.now;
      const iterator = decodeIterator(text);
      checkNotExpired(iterator, nowMs);
      if (!(limit >= 1 && limit <= LIMIT_MAX)) {
        throw new ServiceError("ValidationException", `Limit: expected 1 to 10000, got ${limit}`);
      }
      const stream = kinesis.requireStream(iterator.streamName);
      const shard = requireShard(stream, iterator.shardId);
      const { from, to } = readable(stream, shard, iterator, limit, nowMs);
      const { encryptionType } = stream.settings;
      return {
        Records: shard.records.slice(from, to).map((record) => toOutput(record, encryptionType)),
        NextShardIterator: iteratorAt(stream, shard, to, nowMs),
        MillisBehindLatest: millisBehindLatest(shard, to, nowMs),
      };
    },
  };
}

function startingIndex(
  stream: KinesisStream,
  shard: KinesisShard,
  input: GetShardIteratorInput,
  nowMs: number,
): number {
  switch (input.ShardIteratorType) {
    case "TRIM_HORIZON":
      return stream.trimHorizon(shard, nowMs);
    case "LATEST":
      return shard.records.length;
    case "AT_TIMESTAMP":
      if (!(input.Timestamp instanceof Date)) {
        throw invalid("Must specify timestamp parameter for iterator of type AT_TIMESTAMP.");
      }
      return firstArrivedAt(shard, input.Timestamp.getTime());
    case "AT_SEQUENCE_NUMBER":
      return indexOf(stream, shard, input, (record, wanted) => record >= wanted);
    case "AFTER_SEQUENCE_NUMBER":
      return indexOf(stream, shard, input, (record, wanted) => record > wanted);
    default:
      throw new ServiceError(
        "ValidationException",
        `Value '${input.ShardIteratorType}' at 'shardIteratorType' failed to satisfy constraint: ` +
          "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, " +
          "AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
      );
  }
}

function indexOf(
  stream: KinesisStream,
  shard: KinesisShard,
  { ShardIteratorType: type, StartingSequenceNumber: start }: GetShardIteratorInput,
  holds: (sequenceNumber: bigint, wanted: bigint) => boolean,
): number {
  if (start === undefined) {
    throw invalid(`Must specify startingSequenceNumber parameter for iterator of type ${type}.`);
  }
  if (!SEQUENCE_NUMBER_PATTERN.test(start)) {
    const { name, accountId } = stream.settings;
    throw invalid(
      `StartingSequenceNumber ${start} used in GetShardIterator on shard ${shard.id} in stream ` +
        `${name} under account ${accountId} is invalid.`,
    );
  }
  const { records } = shard;
  const wanted = BigInt(start);
  return lowerBound(records.length, (index) =>
    holds(BigInt(records[index]!.sequenceNumber), wanted),
  );
}

function readable(
  stream: KinesisStream,
  shard: KinesisShard,
  iterator: ShardIterator,
  limit: number,
  nowMs: number,
): { from: number; to: number } {
  const { records } = shard;
  const from = Math.max(iterator.index, stream.trimHorizon(shard, nowMs));
  let to = from;
  let bytes = 0;
  while (to < records.length && to - from < limit) {
    bytes += records[to]!.bytes;
    if (bytes > RESPONSE_BYTES_MAX) break;
    to++;
  }
  return { from, to };
}

/** 0 at the tip; otherwise how long the next record has been waiting. */
function millisBehindLatest(shard: KinesisShard, nextIndex: number, nowMs: number): number {
  const next = shard.records[nextIndex];
  return next ? nowMs - next.arrivedAtMs : 0;
}

function toOutput(record: KinesisRecord, encryptionType: string): object {
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: new Date(record.arrivedAtMs),
    Data: record.data.slice(),
    PartitionKey: record.partitionKey,
    EncryptionType: encryptionType,
  };
}

function iteratorAt(
  { settings: { name: streamName } }: KinesisStream,
  { id: shardId }: KinesisShard,
  index: number,
  issuedAtMs: number,
): string {
  return encodeIterator({ streamName, shardId, index, issuedAtMs });
}

function requireShard(stream: KinesisStream, shardId: string): KinesisShard {
  const shard = stream.shard(shardId);
  if (shard) return shard;
  const { name, accountId } = stream.settings;
  throw new ServiceError(
    "ResourceNotFoundException",
    `Shard ${shardId} in stream ${name} under account ${accountId} does not exist`,
  );
}

const invalid = (message: string) => new ServiceError("InvalidArgumentException", message);
