import { ServiceError } from "../errors";
import type { Operation } from "../service";
import { HASH_KEY_MAX } from "./hash-keys";
import { recordBytes } from "./record";
import type { Kinesis } from "./service";
import type { KinesisStream, Put } from "./stream";
import { type StreamTarget, onStream } from "./stream-target";

interface PutEntry {
  readonly Data: Uint8Array;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

type PutRecordInput = StreamTarget & PutEntry & { readonly SequenceNumberForOrdering?: string };
type PutRecordsInput = StreamTarget & { readonly Records: readonly PutEntry[] };

const RECORDS_PER_REQUEST_MAX = 500;
const MIB = 1024 * 1024;

/** Data and partition key of one record. 10 MiB can be configured; this is the default. */
const RECORD_BYTES_MAX = MIB;

/** Quota of PutRecords since October 2025; 5 MiB before. */
const REQUEST_BYTES_MAX = 10 * MIB;

/** What a producer pays by. */
const PUT_UNIT_BYTES = 25 * 1024;

/** @throws `ProvisionedThroughputExceededException` above a shard's limits, `ValidationException`. */
export function putRecord(kinesis: Kinesis): Operation {
  return {
    permissions: onStream("kinesis:PutRecord"),
    execute: (input: PutRecordInput) => {
      const stream = kinesis.targetOf(input);
      const problem = problemWith(input, "");
      if (problem) throw new ServiceError("ValidationException", problem);
      const { shard, record } = kinesis.append(stream, putOf(input));
      if (!record) {
        throw new ServiceError(EXCEEDED, exceededMessage(stream, shard.id));
      }
      return {
        ShardId: shard.id,
        SequenceNumber: record.sequenceNumber,
        EncryptionType: stream.settings.encryptionType,
      };
    },
  };
}

/**
 * Records are taken one by one: what one shard refuses does not keep another shard from taking its own,
 * and a smaller record may still fit where a larger one did not.
 * @throws `ValidationException` for the request as a whole; nothing is stored then
 */
export function putRecords(kinesis: Kinesis): Operation {
  return {
    permissions: onStream("kinesis:PutRecords"),
    execute: (input: PutRecordsInput) => {
      const stream = kinesis.targetOf(input);
      checkRequest(input.Records);
      const results = input.Records.map((entry) => {
        const { shard, record } = kinesis.append(stream, putOf(entry));
        return record
          ? { SequenceNumber: record.sequenceNumber, ShardId: shard.id }
          : { ErrorCode: EXCEEDED, ErrorMessage: exceededMessage(stream, shard.id) };
      });
      return {
        FailedRecordCount: results.filter((result) => "ErrorCode" in result).length,
        Records: results,
        EncryptionType: stream.settings.encryptionType,
      };
    },
  };
}

/** PUT payload units of one record, each 25 KB. */
export function putUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / PUT_UNIT_BYTES));
}

const EXCEEDED = "ProvisionedThroughputExceededException";

const exceededMessage = ({ settings: { name, accountId } }: KinesisStream, shardId: string) =>
  `Rate exceeded for shard ${shardId} in stream ${name} under account ${accountId}.`;

function putOf(entry: PutEntry): Put {
  const { PartitionKey: partitionKey, Data: data, ExplicitHashKey: hashKey } = entry;
  return {
    partitionKey,
    data,
    explicitHashKey: hashKey === undefined ? undefined : BigInt(hashKey),
  };
}

function checkRequest(records: readonly PutEntry[] | undefined): void {
  const problems: string[] = [];
  const count = records?.length ?? 0;
  if (count < 1 || count > RECORDS_PER_REQUEST_MAX) {
    problems.push(
      `Value at 'records' failed to satisfy constraint: expected 1 to ` +
        `${RECORDS_PER_REQUEST_MAX} members, got ${count}`,
    );
  }
  let bytes = 0;
  records?.forEach((entry, index) => {
    const problem = problemWith(entry, `records.${index + 1}.member.`);
    if (problem) problems.push(problem);
    else bytes += recordBytes(entry.PartitionKey, entry.Data);
  });
  if (bytes > REQUEST_BYTES_MAX) {
    problems.push(
      `Records size exceeds ${REQUEST_BYTES_MAX} bytes, data and partition keys: got ${bytes}`,
    );
  }
  if (problems.length > 0) throw new ServiceError("ValidationException", problems.join("; "));
}

function problemWith(entry: PutEntry, path: string): string | undefined {
  const { PartitionKey: key, Data: data, ExplicitHashKey: hashKey } = entry;
  // The length of a partition key counts characters, as in the API model, not bytes.
  if (typeof key !== "string" || key.length < 1 || [...key].length > 256) {
    return `Value at '${path}partitionKey' failed to satisfy constraint: expected 1 to 256 characters`;
  }
  if (!(data instanceof Uint8Array)) {
    return `Value null at '${path}data' failed to satisfy constraint: Member must not be null`;
  }
  if (recordBytes(key, data) > RECORD_BYTES_MAX) {
    return (
      `Value at '${path}data' failed to satisfy constraint: data and partition key must have ` +
      `at most ${RECORD_BYTES_MAX} bytes, got ${recordBytes(key, data)}`
    );
  }
  if (hashKey === undefined) return undefined;
  if (/^(0|[1-9]\d{0,38})$/.test(hashKey) && BigInt(hashKey) <= HASH_KEY_MAX) return undefined;
  return `Value '${hashKey}' at '${path}explicitHashKey' failed to satisfy constraint: expected 0 to 2^128 - 1`;
}
