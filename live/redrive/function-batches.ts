import type { RedriveEnvironment } from "./environment";
import { fetchRange } from "./fetch-range";
import { eventsOf, failuresAmong } from "./invoke";
import type { Journal } from "./journal";
import type { BatchInfo, LetterOf } from "./letter";
import type { Gone } from "./stream-items";
import type { Kept } from "./kept";

type StreamBatch = LetterOf<"stream-batch">;

/**
 * A stream's consumer that knows records by what Kinesis calls them, or when they arrived: a copy on the stream would be
 * another record to it. Its batches are given to the function itself.
 */
export interface DirectConsumer {
  readonly functionName: string;
  /** Length of the tumbling windows that its mapping has. @default it has none */
  readonly windowSeconds?: number;
}

/** Letters that stay. */
export interface Staying {
  readonly gone: readonly Gone[];
  readonly kept: readonly Kept[];
}

/** The consumer that a batch goes to itself; undefined if it goes to the stream. */
export function consumerOf(
  { functionArn }: StreamBatch,
  consumers: readonly DirectConsumer[] = [],
): DirectConsumer | undefined {
  // An alias may follow.
  const [, name] = /:function:([^:]+)/.exec(functionArn) ?? [];
  return consumers.find(({ functionName }) => functionName === name);
}

/** Gives batches of a stream to their function again, as they were, in the order of their shards. */
export async function replayToFunction(
  environment: RedriveEnvironment,
  journal: Journal,
  batches: readonly StreamBatch[],
): Promise<Staying> {
  const gone: Gone[] = [];
  const kept: Kept[] = [];
  for (const { functionArn, info, place, records } of inOrder(batches)) {
    const found = records ? { records, gone: 0 } : await fetchRange(environment, info);
    if (found.gone > 0) gone.push({ letter: place.name, items: found.gone, why: found.why! });
    const bad = [];
    for (const event of eventsOf(found.records)) {
      bad.push(...(await failuresAmong(environment, functionArn, event)));
    }
    journal.accept("functionRecords", [], found.records.length - bad.length);
    if (bad.length > 0) kept.push({ letter: place.name, items: bad.length, why: bad[0]!.why });
    else if (found.gone === 0) await place.remove();
  }
  return { gone, kept };
}

/** By shard, and by what comes first in it. */
export function inOrder<L extends { readonly info: BatchInfo }>(letters: readonly L[]): L[] {
  return [...letters].sort((a, b) => {
    const where = ({ info }: L): string => `${info.streamArn} ${info.shardId}`;
    if (where(a) !== where(b)) return where(a) < where(b) ? -1 : 1;
    const first = ({ info }: L): bigint => BigInt(info.startSequenceNumber);
    return first(a) < first(b) ? -1 : Number(first(a) > first(b));
  });
}
