import type { Account, Write } from "../account";
import { partOf, type Multiplicity } from "./multiplicity";
import type { EventIds } from "./produce";
import { textOf } from "./sums";
import { FUNCTIONS } from "./topology";

/** DynamoDB keeps stream records for a day. */
const TABLE_STREAM_RETENTION_MS = 24 * 3_600_000;

/** Decisions of a mapping after which it never delivers a record again. */
const FINAL = new Set(["ok", "checkpoint", "discard", "expired", "filtered", "dead-letter-lost"]);

/** What is needed to tell whether a record is still on its way. */
export interface Progress {
  readonly account: Pick<Account, "now" | "mappings">;
  readonly eventIds: EventIds;
  /** By record: when it was put, in virtual milliseconds since the epoch. */
  readonly putAtMs: (index: number) => number;
  readonly streamRetentionMs: number;
  readonly stateWrites: readonly Write[];
  readonly outboxWrites: readonly Write[];
  readonly multiplicity: Pick<Multiplicity, "rows">;
}

/**
 * Whether some mapping can still deliver a record, or what an earlier stage made of it. A record is looked for
 * at the last stage that it reached.
 */
export function deliverableIn(
  progress: Progress,
): (index: number, content: string | undefined) => boolean {
  const { account, eventIds, multiplicity, streamRetentionMs } = progress;
  const final = finalByFunction(account);
  const waits = (stage: "map" | "reduce", { atMs, stream }: Write): boolean =>
    stream !== undefined &&
    account.now - atMs < TABLE_STREAM_RETENTION_MS &&
    final.get(FUNCTIONS[stage])?.has(stream.eventId) !== true;

  const accepted = new Map<string, Write>();
  for (const write of progress.stateWrites) {
    if (write.after !== undefined) accepted.set(partOf(write.after, 1).content, write);
  }
  const inRow = new Map<string, Write>();
  for (const write of progress.outboxWrites) {
    if (write.before !== undefined || write.after === undefined) continue;
    for (const { content, sign } of multiplicity.rows.get(textOf(write.after, "id")) ?? []) {
      if (sign > 0) inRow.set(content, write);
    }
  }
  return (index, content) => {
    const row = content === undefined ? undefined : inRow.get(content);
    if (row !== undefined) return waits("reduce", row);
    const write = content === undefined ? undefined : accepted.get(content);
    if (write !== undefined) return waits("map", write);
    return (
      account.now - progress.putAtMs(index) < streamRetentionMs &&
      final.get(FUNCTIONS.state)?.has(eventIds[index]!) !== true
    );
  };
}

function finalByFunction(account: Pick<Account, "mappings">): Map<string, Set<string>> {
  const final = new Map<string, Set<string>>();
  for (const mapping of account.mappings()) {
    const ids = final.get(mapping.function) ?? new Set<string>();
    for (const { kind, recordIds } of mapping.decisions) {
      if (FINAL.has(kind)) for (const id of recordIds) ids.add(id);
    }
    final.set(mapping.function, ids);
  }
  return final;
}
