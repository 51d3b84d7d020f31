/**
 * Sequence numbers look like those of the service: 56 decimal digits that begin with 49. In binary they
 * hold a marker, when the shard was made, a counter, when the record arrived, and the shard's index.
 * Ascending per shard, unique within a stream, and the same in every run with the same puts.
 */
export interface SequenceNumbers {
  /** The number that the shard's range begins with; no record has it. */
  readonly first: string;
  next(arrivedAtMs: number): string;
}

const MARKER = 2n << 184n;
const SHARD_CREATED_SHIFT = 148n;
const SHARD_DIGIT_SHIFT = 144n;
const COUNTER_SHIFT = 80n;
const ARRIVED_SHIFT = 36n;
const SHARD_INDEX_SHIFT = 4n;
const VERSION = 2n;

export const SEQUENCE_NUMBER_PATTERN = /^\d{56}$/;

export function createSequenceNumbers(createdAtMs: number, shardIndex: number): SequenceNumbers {
  const index = BigInt(shardIndex);
  const base =
    MARKER +
    (seconds(createdAtMs) << SHARD_CREATED_SHIFT) +
    ((index & 0xfn) << SHARD_DIGIT_SHIFT) +
    (index << SHARD_INDEX_SHIFT) +
    VERSION;
  let counter = 0n;
  return {
    first: String(base),
    next: (arrivedAtMs) =>
      String(base + (++counter << COUNTER_SHIFT) + (seconds(arrivedAtMs) << ARRIVED_SHIFT)),
  };
}

const seconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000));
