import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as SdkRecord,
  type KinesisClient,
} from "@aws-sdk/client-kinesis";
import type { BatchInfo, GivenUp } from "./stream-dead-letter";

/** Pages of GetRecords for one dead letter: far more than the 10,000 records of a batch take. */
const PAGES_MAX = 100;

/**
 * Fetches the records of a range from their stream, in order. Empty or incomplete if they have expired. A range may
 * hold records that are not of the batch: of other lanes of the shard, or filtered out.
 */
export type FetchRecords = (info: BatchInfo) => Promise<GivenUp[]>;

export function createFetchRecords(client: KinesisClient): FetchRecords {
  const Get = GetRecordsCommand;
  const GetIterator = GetShardIteratorCommand;
  const pagesMax = PAGES_MAX;

  function givenUp(shardId: string, record: SdkRecord): GivenUp {
    const { ApproximateArrivalTimestamp, Data, PartitionKey, SequenceNumber } = record;
    return {
      eventId: `${shardId}:${SequenceNumber}`,
      record: {
        kinesisSchemaVersion: "1.0",
        partitionKey: PartitionKey ?? "",
        sequenceNumber: SequenceNumber ?? "",
        data: Buffer.from(Data ?? []).toString("base64"),
        approximateArrivalTimestamp: (ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000,
      },
    };
  }

  async function iteratorAt(info: BatchInfo): Promise<string | undefined> {
    try {
      const { ShardIterator } = await client.send(
        new GetIterator({
          StreamARN: info.streamArn,
          ShardId: info.shardId,
          ShardIteratorType: "AT_SEQUENCE_NUMBER",
          StartingSequenceNumber: info.startSequenceNumber,
        }),
      );
      return ShardIterator;
    } catch (error) {
      // The shard is gone, or the number is older than what it holds.
      const { name } = error as Error;
      if (name === "ResourceNotFoundException" || name === "InvalidArgumentException") return;
      throw error;
    }
  }

  return async (info) => {
    const first = BigInt(info.startSequenceNumber);
    const last = BigInt(info.endSequenceNumber);
    const found: GivenUp[] = [];
    let iterator = await iteratorAt(info);
    for (let page = 0; iterator !== undefined && page < pagesMax; page += 1) {
      const answer = await client.send(
        new Get({ StreamARN: info.streamArn, ShardIterator: iterator }),
      );
      const { MillisBehindLatest, NextShardIterator, Records = [] } = answer;
      for (const record of Records) {
        const at = BigInt(record.SequenceNumber ?? 0);
        if (at > last) return found;
        if (at >= first) found.push(givenUp(info.shardId, record));
      }
      const isComplete = found.at(-1)?.record.sequenceNumber === info.endSequenceNumber;
      // A page may be empty although more follow; at the tip none do.
      if (isComplete || MillisBehindLatest === 0) return found;
      iterator = NextShardIterator;
    }
    return found;
  };
}
