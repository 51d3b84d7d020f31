import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { environmentOf } from "../../live/rehearsal/rehearse";
import { Journal } from "../../live/redrive/journal";
import { redrive } from "../../live/redrive/redrive";
import type { Sources } from "../../live/redrive/sources";
import { synthesize, type Deployment, type SimulatedAws } from "../../simulator";

function program(): Record<string, unknown> {
  const stream = new aws.kinesis.Stream("readings", { shardCount: 1 });
  const bucket = new aws.s3.Bucket("letters", { forceDestroy: true });
  return { streamArn: stream.arn, streamName: stream.name, bucket: bucket.bucket };
}

interface Stored {
  readonly key: string;
  /** Sequence number, partition key, text. */
  readonly records: readonly (readonly [number, string, string])[];
}

describe("records of letters in S3", function () {
  this.timeout(30_000);
  let deployment: Deployment;
  before(async () => (deployment = await synthesize(program)));

  async function accountWith(...letters: readonly Stored[]): Promise<SimulatedAws> {
    const account = await deployment.start();
    const { bucket, streamArn } = account.outputs as { bucket: string; streamArn: string };
    const shardId = "shardId-000000000000";
    for (const { key, records } of letters) {
      const numbers = records.map(([number]) => String(number));
      const Records = records.map(([number, partitionKey, text]) => ({
        eventID: `${shardId}:${number}`,
        kinesis: {
          sequenceNumber: String(number),
          partitionKey,
          data: Buffer.from(text).toString("base64"),
        },
      }));
      const KinesisBatchInfo = {
        shardId,
        streamArn,
        startSequenceNumber: numbers[0],
        endSequenceNumber: numbers.at(-1),
        batchSize: records.length,
      };
      const payload = JSON.stringify({ Records });
      const Body = JSON.stringify({ KinesisBatchInfo, payload });
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body });
      await account.client(S3Client).send(command);
    }
    return account;
  }

  const sourcesOf = ({ outputs }: SimulatedAws): Sources => ({
    buckets: [outputs["bucket"] as string],
    queues: [],
    deadLetterQueues: [],
  });

  async function onStream(account: SimulatedAws): Promise<string[]> {
    const kinesis = account.client(KinesisClient);
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamName: account.outputs["streamName"] as string,
        ShardId: "shardId-000000000000",
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    const { Records } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    return Records!.map(({ Data, PartitionKey }) => `${PartitionKey} ${Buffer.from(Data!)}`);
  }

  async function keysLeft(account: SimulatedAws): Promise<string[]> {
    const Bucket = account.outputs["bucket"] as string;
    const listed = await account.client(S3Client).send(new ListObjectsV2Command({ Bucket }));
    return (listed.Contents ?? []).map(({ Key }) => Key!);
  }

  it("go back in the order of their sequence numbers, which are numbers of any length", async () => {
    const account = await accountWith(
      {
        key: "a",
        records: [
          [1, "x", "first"],
          [100, "a", "4"],
        ],
      },
      {
        key: "b",
        records: [
          [2, "y", "second"],
          [20, "a", "3"],
        ],
      },
      {
        key: "c",
        records: [
          [3, "z", "third"],
          [4, "a", "1"],
          [9, "a", "2"],
        ],
      },
    );
    const report = await redrive(environmentOf(account), sourcesOf(account));
    expect(await onStream(account)).to.deep.equal([
      ...["a 1", "a 2", "a 3", "a 4"],
      // Each stood first in its letter: it may be what the others were given up for.
      ...["x first", "y second", "z third"],
    ]);
    expect(report).to.deep.include({ letters: 3, cameBack: 0, stillBad: 0, gone: [], kept: [] });
    expect(report.replayed).to.deep.include({ records: 7, functionRecords: 0, events: 0 });
    expect(await keysLeft(account)).to.deep.equal([]);
  });

  it("keep a key's order when one of them stands first in its letter", async () => {
    const account = await accountWith({
      key: "a",
      records: [
        [5, "a", "1"],
        [6, "b", "1"],
        [7, "a", "2"],
      ],
    });
    await redrive(environmentOf(account), sourcesOf(account));
    expect(await onStream(account)).to.deep.equal(["b 1", "a 1", "a 2"]);
  });

  it("go back once if two letters hold them", async () => {
    const records = [[5, "a", "1"]] as const;
    const account = await accountWith({ key: "a", records }, { key: "b", records });
    await redrive(environmentOf(account), sourcesOf(account));
    expect(await onStream(account)).to.deep.equal(["a 1"]);
    expect(await keysLeft(account)).to.deep.equal([]);
  });

  it("stay in letters, all but what is whole, when the redrive is broken off", async () => {
    const account = await accountWith(
      { key: "a", records: [[1, "a", "1"]] },
      {
        key: "b",
        records: [
          [2, "b", "1"],
          [3, "c", "1"],
        ],
      },
    );
    const journal = new Journal(2);
    let message = "";
    await redrive(environmentOf(account), sourcesOf(account), {}, journal).catch(
      (cause: Error) => (message = `${cause.name}: ${cause.message}`),
    );
    expect(message).to.equal("Interrupted: Broken off after 2 items.");
    // c went first, for it is no suspect; then a, whose letter was not yet removed.
    expect(await onStream(account)).to.deep.equal(["c 1", "a 1"]);
    expect(await keysLeft(account)).to.deep.equal(["a", "b"]);
    await redrive(environmentOf(account), sourcesOf(account));
    expect(await keysLeft(account)).to.deep.equal([]);
    expect(await onStream(account)).to.deep.equal(["c 1", "a 1", "c 1", "a 1", "b 1"]);
  });

  it("that are unreadable stay, and are reported", async () => {
    const account = await accountWith();
    const Bucket = account.outputs["bucket"] as string;
    const command = new PutObjectCommand({ Bucket, Key: "note.txt", Body: "not a letter" });
    await account.client(S3Client).send(command);
    const report = await redrive(environmentOf(account), sourcesOf(account));
    expect(report.kept).to.deep.equal([
      {
        letter: `s3://${Bucket}/note.txt`,
        items: 1,
        why: "It, or the payload in it, is no JSON.",
      },
    ]);
    expect(await keysLeft(account)).to.deep.equal(["note.txt"]);
  });
});
