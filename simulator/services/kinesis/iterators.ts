import { ServiceError } from "../errors";

/** A place in a shard. Handed out as opaque text. */
export interface ShardIterator {
  readonly streamName: string;
  readonly shardId: string;
  /** Of the next record, in the shard's list. */
  readonly index: number;
  readonly issuedAtMs: number;
}

export const ITERATOR_LIFETIME_MS = 300_000;

/** @throws `ServiceError` (`InvalidArgumentException`) for text that `encodeIterator` never made */
export function decodeIterator(text: string): ShardIterator {
  const decoded = Buffer.from(text, "base64").toString("utf8");
  const match = /^([\w.-]+)\n(shardId-\d{12})\n(\d{1,15})\n(\d{1,15})$/.exec(decoded);
  if (!match) throw new ServiceError("InvalidArgumentException", "Invalid ShardIterator.");
  const [, streamName, shardId, index, issuedAtMs] = match;
  return {
    streamName: streamName!,
    shardId: shardId!,
    index: Number(index),
    issuedAtMs: Number(issuedAtMs),
  };
}

export function encodeIterator(iterator: ShardIterator): string {
  const { streamName, shardId, index, issuedAtMs } = iterator;
  return Buffer.from([streamName, shardId, index, issuedAtMs].join("\n")).toString("base64");
}

/** @throws `ServiceError` (`ExpiredIteratorException`) five minutes after the iterator was handed out */
export function checkNotExpired({ issuedAtMs }: ShardIterator, nowMs: number): void {
  if (nowMs - issuedAtMs <= ITERATOR_LIFETIME_MS) return;
  throw new ServiceError(
    "ExpiredIteratorException",
    `Iterator expired. The iterator was created at time ${utc(issuedAtMs)} while right now it is ` +
      `${utc(nowMs)} which is further in the future than the tolerated delay of ` +
      `${ITERATOR_LIFETIME_MS} milliseconds.`,
  );
}

/** `Thu Dec 10 01:59:39 UTC 2015`. */
function utc(ms: number): string {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
