import { compileFilterPattern } from "./filter-pattern";
import type { QueueRecord } from "./queue-record";

export type QueueFilter = (record: QueueRecord) => boolean;

/**
 * Compiles the filters of a queue's mapping: a message passes if one of them takes it. A pattern for `body`
 * that is an object takes bodies that are JSON alone, one that lists texts takes all other bodies alone.
 *
 * Source: "Using event filtering with an Amazon SQS event source".
 *
 * @throws Error with Lambda's message, for a pattern that is none
 */
export function compileQueueFilters(patterns: readonly string[]): QueueFilter {
  const filters = patterns.map(compileQueueFilter);
  return (record) => filters.length === 0 || filters.some((passes) => passes(record));
}

function compileQueueFilter(pattern: string): QueueFilter {
  const { data: body, matches } = compileFilterPattern(pattern, "body");
  if (body === undefined) return (record) => matches(record);
  const wantsJson = !Array.isArray(body);
  return (record) => {
    const json = jsonOf(record.body);
    if (wantsJson !== (json !== undefined)) return false;
    return matches({ ...record, body: json ?? record.body });
  };
}

function jsonOf(body: string): object | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
