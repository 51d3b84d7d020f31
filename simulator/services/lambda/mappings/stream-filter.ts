import type { StreamRecord, StreamSource } from "../../stream-source";
import { type FilterPattern, compileFilterPattern, invalidFilter } from "./filter-pattern";

/** Whether a mapping delivers a record. */
export type StreamFilter = (record: StreamRecord) => boolean;

/** Where patterns find what a record holds. */
const DATA_KEYS = { kinesis: "data", dynamodb: "dynamodb" } as const;

/**
 * Compiles the filters of a stream's mapping: a record passes if one of them takes it.
 *
 * - Kinesis: `data` is the record's data, decoded. Data that is no JSON passes no filter that asks for `data`.
 *   A record's other properties stand beside it (`partitionKey`, `eventName`, …), as the documentation showed
 *   in 2022; the page of today names `data` alone.
 * - DynamoDB: patterns see the record as the function would, `dynamodb` and `eventName` included. Numbers are
 *   text there (`{"N":"1"}`): numeric operators never match them.
 *
 * Source: "Control which events Lambda sends to your function", "Using event filtering with a Kinesis event
 * source" and "… with a DynamoDB event source".
 *
 * @returns nothing if there is no pattern: then every record passes
 * @throws Error with Lambda's message, for a pattern that is none
 */
export function compileStreamFilters(
  kind: StreamSource["kind"],
  patterns: readonly string[],
): StreamFilter | undefined {
  if (patterns.length === 0) return undefined;
  const filters = patterns.map((pattern) => compileStreamFilter(kind, pattern));
  return (record) => {
    const event = record.toEvent();
    const view = kind === "kinesis" ? kinesisView(event) : { event, hasData: true };
    return filters.some(
      ({ data, matches }) => (data === undefined || view.hasData) && matches(view.event),
    );
  };
}

function compileStreamFilter(kind: StreamSource["kind"], pattern: string): FilterPattern {
  const dataKey = DATA_KEYS[kind];
  const compiled = compileFilterPattern(pattern, dataKey);
  // Queues may compare plain text, streams may not.
  if (Array.isArray(compiled.data)) throw invalidFilter(`${dataKey} must be a JSON object`);
  return compiled;
}

/** A record as patterns see it. */
interface View {
  readonly event: object;
  /** Whether its data is JSON. */
  readonly hasData: boolean;
}

function kinesisView(event: object): View {
  const { kinesis } = event as { kinesis: { data: string } };
  try {
    const data = JSON.parse(Buffer.from(kinesis.data, "base64").toString()) as unknown;
    return { event: { ...event, ...kinesis, data }, hasData: true };
  } catch {
    return { event: { ...event, ...kinesis }, hasData: false };
  }
}
