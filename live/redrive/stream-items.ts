import type { RedriveEnvironment } from "./environment";
import { fetchRange } from "./fetch-range";
import type { OpenLetters } from "./journal";
import type { KinesisRecord, LetterOf, Place } from "./letter";

/** A record that is to be on its stream again. */
export interface StreamItem {
  readonly streamArn: string;
  readonly shardId: string;
  readonly record: KinesisRecord;
  /** The letters that hold it: more than one if it was given up twice. */
  readonly places: Place[];
  /**
   * It stands first in a letter: a mapping with checkpoints gives a batch up from the first record that failed, so this
   * one, if any, is bad. What it says nothing of, it does no harm to.
   */
  isSuspect: boolean;
}

/** Records that are nowhere any more. */
export interface Gone {
  /** The letter, which is kept. */
  readonly letter: string;
  readonly items: number;
  readonly why: string;
}

/** The records of letters, each once, in the order of their shards. Letters with records that are gone are never removed. */
export async function streamItemsOf(
  environment: RedriveEnvironment,
  letters: readonly LetterOf<"stream-batch">[],
  open: OpenLetters,
): Promise<{ readonly items: readonly StreamItem[]; readonly gone: readonly Gone[] }> {
  const items = new Map<string, StreamItem>();
  const gone: Gone[] = [];
  for (const { info, place, records: kept } of letters) {
    const fetched = kept ? { records: kept, gone: 0 } : await fetchRange(environment, info);
    if (fetched.gone > 0) {
      gone.push({ letter: place.name, items: fetched.gone, why: fetched.why! });
    }
    // One item that is never accepted keeps the letter.
    open.add(place, fetched.records.length + (fetched.gone > 0 ? 1 : 0));
    fetched.records.forEach((record, at) => {
      const { shardId, streamArn } = info;
      const key = `${streamArn} ${record.eventID}`;
      const item = items.get(key) ?? { streamArn, shardId, record, places: [], isSuspect: false };
      item.places.push(place);
      item.isSuspect ||= at === 0;
      items.set(key, item);
    });
  }
  return { items: [...items.values()].sort(byPosition), gone };
}

/** A shard that came of another has a higher number, so a key's records stay in order across both. */
function byPosition(a: StreamItem, b: StreamItem): number {
  if (a.streamArn !== b.streamArn) return a.streamArn < b.streamArn ? -1 : 1;
  if (a.shardId !== b.shardId) return a.shardId < b.shardId ? -1 : 1;
  const difference =
    BigInt(a.record.kinesis.sequenceNumber) - BigInt(b.record.kinesis.sequenceNumber);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** Those whose partition key no suspect has, and the others: a bad record must not take good ones with it again. */
export function suspectsLast(items: readonly StreamItem[]): readonly (readonly StreamItem[])[] {
  const suspected = new Set(items.filter(({ isSuspect }) => isSuspect).map(keyOf));
  const isSuspected = (item: StreamItem): boolean => suspected.has(keyOf(item));
  return [items.filter((item) => !isSuspected(item)), items.filter(isSuspected)];
}

/** One record a shard at a time. */
export function oneByOne(items: readonly StreamItem[]): readonly (readonly StreamItem[])[] {
  const steps: StreamItem[][] = [];
  const before = new Map<string, number>();
  for (const item of items) {
    const shard = `${item.streamArn} ${item.shardId}`;
    const step = before.get(shard) ?? 0;
    before.set(shard, step + 1);
    (steps[step] ??= []).push(item);
  }
  return steps;
}

export function keyOf({ record, streamArn }: StreamItem): string {
  return `${streamArn} ${record.kinesis.partitionKey}`;
}
