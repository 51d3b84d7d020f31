import { PutRecordCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { RedriveEnvironment } from "./environment";
import type { Journal, OpenLetters } from "./journal";
import { keyOf, type StreamItem } from "./stream-items";

/** Kinesis takes 500 records and 5 MiB at once; keys and framing count, so a little less. */
const ITEMS_PER_PUT = 500;
const BYTES_PER_PUT = 4 * 1024 * 1024;

/** What a shard refuses for its throughput is sent again, so often, after so long, doubling. */
const PUTS_MAX = 10;
const BACKOFF_S = 0.2;

/**
 * Puts records on their stream again, data and partition key unchanged, those of one key in their old order: Kinesis
 * promises an order to those alone that say which record theirs comes after, and takes a request's records one by one.
 * So the first of a key may go with others, and each later one goes alone, after the one before it was accepted.
 */
export class StreamReplay {
  /** By stream and partition key: the last sequence number. */
  readonly #last = new Map<string, string>();

  constructor(
    private readonly environment: RedriveEnvironment,
    private readonly journal: Journal,
    private readonly open: OpenLetters,
  ) {}

  async put(items: readonly StreamItem[]): Promise<void> {
    let chunk: StreamItem[] = [];
    let bytes = 0;
    const keys = new Set<string>();
    const flush = async (): Promise<void> => {
      await this.#putChunk(chunk);
      chunk = [];
      bytes = 0;
      keys.clear();
    };
    for (const item of items) {
      const key = keyOf(item);
      const isFull =
        chunk.length === Math.min(ITEMS_PER_PUT, this.journal.left) || bytes > BYTES_PER_PUT;
      const isOther = chunk[0] !== undefined && chunk[0].streamArn !== item.streamArn;
      if (isFull || isOther || keys.has(key)) await flush();
      if (this.#last.has(key)) {
        await flush();
        await this.#putAfter(item, this.#last.get(key)!);
        continue;
      }
      keys.add(key);
      chunk.push(item);
      bytes += item.record.kinesis.data.length;
    }
    await flush();
  }

  async #putChunk(chunk: readonly StreamItem[]): Promise<void> {
    let refused: readonly StreamItem[] = chunk;
    for (let puts = 0; refused.length > 0; puts += 1) {
      if (puts === PUTS_MAX) throw refusedForGood(refused[0]!, refused.length);
      if (puts > 0) await this.environment.wait(BACKOFF_S * 2 ** (puts - 1));
      const { Records = [] } = await this.environment.kinesis.send(
        new PutRecordsCommand({
          StreamARN: refused[0]!.streamArn,
          Records: refused.map(entryOf),
        }),
      );
      const taken: (readonly [StreamItem, string, string])[] = [];
      refused = refused.filter((item, at) => {
        const { ErrorCode, SequenceNumber, ShardId } = Records[at] ?? { ErrorCode: "none" };
        if (ErrorCode !== undefined) return true;
        taken.push([item, ShardId!, SequenceNumber!]);
        return false;
      });
      await this.#accept(taken);
    }
  }

  async #putAfter(item: StreamItem, previous: string): Promise<void> {
    const { SequenceNumber, ShardId } = await this.environment.kinesis.send(
      new PutRecordCommand({
        StreamARN: item.streamArn,
        ...entryOf(item),
        SequenceNumberForOrdering: previous,
      }),
    );
    await this.#accept([[item, ShardId!, SequenceNumber!]]);
  }

  async #accept(taken: readonly (readonly [StreamItem, string, string])[]): Promise<void> {
    if (taken.length === 0) return;
    const ids = taken.map(([item, shardId, sequenceNumber]) => {
      const id = `${shardId}:${sequenceNumber}`;
      this.#last.set(keyOf(item), sequenceNumber);
      this.journal.copied(item.record.eventID, id);
      return id;
    });
    this.journal.accept("records", ids);
    for (const [{ places }] of taken) await this.open.accepted(places);
  }
}

function entryOf({ record: { kinesis } }: StreamItem) {
  return { Data: Buffer.from(kinesis.data, "base64"), PartitionKey: kinesis.partitionKey };
}

function refusedForGood({ streamArn }: StreamItem, items: number): Error {
  return new Error(
    `${streamArn} refused ${items} records ${PUTS_MAX} times: its shards are busy. ` +
      `Nothing is lost: start the redrive again when there is less traffic.`,
  );
}
