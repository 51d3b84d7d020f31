import { hash } from "node:crypto";

/** The hash keys of one shard, both ends included. */
export interface HashKeyRange {
  readonly start: bigint;
  readonly end: bigint;
}

const HASH_KEYS = 1n << 128n;

/** The largest hash key, 2^128 − 1. */
export const HASH_KEY_MAX = HASH_KEYS - 1n;

/** The MD5 of a partition key, as the 128-bit integer that decides its shard. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash("md5", partitionKey, "hex")}`);
}

/** The ranges of `shardCount` shards of equal size; the last one takes the remainder. */
export function equalRanges(shardCount: number): HashKeyRange[] {
  const size = HASH_KEYS / BigInt(shardCount);
  return Array.from({ length: shardCount }, (_, index) => ({
    start: size * BigInt(index),
    end: index === shardCount - 1 ? HASH_KEY_MAX : size * BigInt(index + 1) - 1n,
  }));
}

/** The index of the shard that a hash key falls into, among `equalRanges(shardCount)`. */
export function shardIndexOf(hashKey: bigint, shardCount: number): number {
  const index = Number(hashKey / (HASH_KEYS / BigInt(shardCount)));
  return Math.min(index, shardCount - 1);
}
