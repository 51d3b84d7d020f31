import { uuidOf } from "../../../kernel/random";
import type { StreamRecord, StreamSource } from "../../stream-source";
import type { StreamMappingSettings } from "./settings";
import { isoSeconds, type WindowCall } from "./tumbling-window";
import type { FailedInvocation } from "./unit";

export type DiscardReason = "RetryAttemptsExhausted" | "RecordAgeExceeded";

/** Records that a mapping gave up, or the state of a window. */
export interface Discarded {
  readonly shardId: string;
  /** Empty if it was an invocation without records: the final one of a tumbling window. */
  readonly records: readonly StreamRecord[];
  readonly window?: WindowCall;
  /** The window's last record: says where in the shard it was, if there are no records. */
  readonly lastRecord?: StreamRecord;
  readonly reason: DiscardReason;
  readonly approximateInvokeCount: number;
  readonly lastFailure?: FailedInvocation;
}

/** What a mapping writes to its OnFailure destination. */
export interface DeadLetter {
  /**
   * The body of the queue message, or the text of the notification, once stringified. It says where the
   * records were, and holds none of them. Source: "Retaining discarded batches".
   */
  readonly record: DeadLetterRecord;
  /** The event of the discarded records: S3 objects alone hold it, as member `payload`. */
  readonly payload: () => unknown;
  /** The key of the S3 object. */
  readonly s3Key: string;
}

export interface DeadLetterRecord {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: DiscardReason;
    readonly approximateInvokeCount: number;
  };
  /** Absent when records were discarded for their age. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: string;
    readonly functionError: "Unhandled" | null;
  };
  readonly version: "1.0";
  /** ISO 8601 with milliseconds. */
  readonly timestamp: string;
  readonly KinesisBatchInfo?: BatchInfo;
  readonly DDBStreamBatchInfo?: BatchInfo;
}

export interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  /** ISO 8601: milliseconds for Kinesis, whole seconds for DynamoDB. */
  readonly approximateArrivalOfFirstRecord: string;
  readonly approximateArrivalOfLastRecord: string;
  /** 0 for a final invocation without records: its numbers are those of the window's last record. */
  readonly batchSize: number;
  readonly streamArn: string;
}

/** @param identity differs for every dead letter of an account, and is the same in every run */
export function createDeadLetter(
  discarded: Discarded,
  source: StreamSource,
  { functionArn, uuid }: StreamMappingSettings,
  { identity, nowMs, payload }: { identity: string; nowMs: number; payload: () => unknown },
): DeadLetter {
  const { approximateInvokeCount, lastFailure, reason, shardId } = discarded;
  const batchInfo = batchInfoOf(discarded, source);
  const timestamp = isoMs(nowMs);
  const record: DeadLetterRecord = {
    requestContext: {
      requestId: lastFailure?.requestId ?? uuidOf(`${identity} never invoked`),
      functionArn,
      condition: reason,
      approximateInvokeCount,
    },
    ...(reason === "RetryAttemptsExhausted" && lastFailure
      ? { responseContext: responseContextOf(lastFailure) }
      : {}),
    version: "1.0",
    timestamp,
    ...(source.kind === "kinesis"
      ? { KinesisBatchInfo: batchInfo }
      : { DDBStreamBatchInfo: batchInfo }),
  };
  const [day, time] = timestamp.slice(0, 19).split("T") as [string, string];
  const file = `${day}T${time.replaceAll(":", ".")}-${uuidOf(identity)}`;
  const s3Key = `aws/lambda/${uuid}/${shardId}/${day.replaceAll("-", "/")}/${file}`;
  return { record, payload, s3Key };
}

function responseContextOf({ executedVersion, functionError }: FailedInvocation) {
  return { statusCode: 200, executedVersion, functionError } as const;
}

// Assumption: windows.finalDeadLetter.
function batchInfoOf(
  { lastRecord, records, shardId }: Discarded,
  { arn, kind }: StreamSource,
): BatchInfo {
  const first = records[0] ?? lastRecord!;
  const last = records.at(-1) ?? lastRecord!;
  const stamp = kind === "kinesis" ? isoMs : isoSeconds;
  return {
    shardId,
    startSequenceNumber: first.sequenceNumber,
    endSequenceNumber: last.sequenceNumber,
    approximateArrivalOfFirstRecord: stamp(first.arrivedAtMs),
    approximateArrivalOfLastRecord: stamp(last.arrivedAtMs),
    batchSize: records.length,
    streamArn: arn,
  };
}

const isoMs = (ms: number): string => new Date(ms).toISOString();
