import type { MessageAttributes } from "../sqs/service";
import type { Invocation } from "./invocation";

/** Why a destination is sent a record. Source: "Capturing records of Lambda asynchronous invocations". */
export type Condition =
  "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency";

/** What a destination is sent about an asynchronous event. Source: recorded from AWS. */
export interface InvocationRecord {
  readonly version: "1.0";
  /** ISO 8601 with milliseconds. */
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    /** Always qualified: by the version or alias that was invoked, or `…:$LATEST`. */
    readonly functionArn: string;
    readonly condition: Condition;
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: unknown;
  /** Absent, as is the payload, if the function was never run. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: string;
    readonly functionError?: "Unhandled";
  };
  readonly responsePayload?: unknown;
}

export interface RecordedEvent {
  readonly requestId: string;
  /** Qualified. */
  readonly functionArn: string;
  readonly condition: Condition;
  readonly approximateInvokeCount: number;
  readonly payload: unknown;
  /** The last run, if there was one. */
  readonly lastRun?: Invocation;
}

export function createInvocationRecord(event: RecordedEvent, nowMs: number): InvocationRecord {
  const { approximateInvokeCount, condition, functionArn, lastRun, payload, requestId } = event;
  return {
    version: "1.0",
    timestamp: new Date(nowMs).toISOString(),
    requestContext: {
      requestId,
      functionArn,
      condition,
      approximateInvokeCount,
    },
    requestPayload: payload,
    ...(lastRun && {
      responseContext: responseContextOf(lastRun),
      responsePayload: responsePayloadOf(lastRun),
    }),
  };
}

function responseContextOf({ outcome, version }: Invocation): InvocationRecord["responseContext"] {
  const response = { statusCode: 200, executedVersion: version } as const;
  return outcome === "ok" ? response : { ...response, functionError: "Unhandled" };
}

/** What a function answered: its response, or its error as the Node.js runtime words it. */
export function responsePayloadOf({ error, outcome, response }: Invocation): unknown {
  return outcome === "ok" ? response : { ...error, trace: [] };
}

/** Bytes of the error message that a dead letter carries. Source: "Adding a dead-letter queue". */
const ERROR_MESSAGE_BYTES_MAX = 1024;

/**
 * The attributes of a message in a dead-letter queue; its body is the event alone. An event that was never run has
 * the error of its throttle (assumption: async.deadLetterError).
 */
export function deadLetterAttributes(requestId: string, lastRun?: Invocation): MessageAttributes {
  const message = lastRun ? (lastRun.error?.errorMessage ?? "") : "Rate Exceeded.";
  const text = Buffer.from(message).subarray(0, ERROR_MESSAGE_BYTES_MAX).toString("utf8");
  return {
    RequestID: { DataType: "String", StringValue: requestId },
    ErrorCode: { DataType: "Number", StringValue: lastRun ? "200" : "429" },
    // An attribute cannot be empty.
    ...(text !== "" && { ErrorMessage: { DataType: "String", StringValue: text } }),
  };
}
