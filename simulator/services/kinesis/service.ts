import type { Account } from "../account";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Operation, Service } from "../service";
import type { StreamSource } from "../stream-source";
import {
  describeStream,
  describeStreamSummary,
  listShards,
  listStreams,
} from "./describe-operations";
import { putRecord, putRecords, putUnits } from "./put-operations";
import { getRecords, getShardIterator } from "./read-operations";
import type { KinesisRecord } from "./record";
import { decreaseRetention, increaseRetention } from "./retention-operations";
import { type KinesisShard, KinesisStream, type Put, type StreamSettings } from "./stream";
import { type StreamTarget, streamNameOf } from "./stream-target";

export { kinesisResources } from "./resource";

/** Amazon Kinesis Data Streams: put, read and describe. Consumers and resharding are not modelled. */
export class Kinesis implements Service {
  readonly serviceId = "Kinesis";
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #streams = new Map<string, KinesisStream>();

  constructor(readonly account: Account) {
    const target = ["StreamName", "StreamARN"];
    const one = ["Data", "PartitionKey", "ExplicitHashKey", "SequenceNumberForOrdering"];
    const position = ["ShardId", "ShardIteratorType", "StartingSequenceNumber", "Timestamp"];
    const page = ["NextToken", "ExclusiveStartShardId", "MaxResults", "ShardFilter"];
    const streams = ["Limit", "ExclusiveStartStreamName", "NextToken"];
    const described = [...target, "Limit", "ExclusiveStartShardId"];
    const retention = [...target, "RetentionPeriodHours"];
    this.operations = only({
      DecreaseStreamRetentionPeriod: [retention, decreaseRetention(this)],
      DescribeStream: [described, describeStream(this)],
      DescribeStreamSummary: [target, describeStreamSummary(this)],
      GetRecords: [["ShardIterator", "Limit", "StreamARN"], getRecords(this)],
      GetShardIterator: [[...target, ...position], getShardIterator(this)],
      IncreaseStreamRetentionPeriod: [retention, increaseRetention(this)],
      ListShards: [[...target, ...page], listShards(this)],
      ListStreams: [streams, listStreams(this)],
      PutRecord: [[...target, ...one], putRecord(this)],
      PutRecords: [[...target, "Records"], putRecords(this)],
    });
  }

  /** Virtual milliseconds since the epoch. */
  get now(): number {
    return this.account.kernel.now;
  }

  /** The stream as an event source mapping reads it. */
  streamSource(arn: string): StreamSource | undefined {
    const stream = this.#streams.get(streamNameOf(arn));
    return stream?.arn === arn ? stream : undefined;
  }

  /** Open shards of all streams: what provisioned capacity costs. */
  shardCount(): number {
    return this.streams().reduce((sum, { shards }) => sum + shards.length, 0);
  }

  /** All streams, by name. */
  streams(): KinesisStream[] {
    return [...this.#streams.values()].sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
  }

  /** @throws `ResourceInUseException` if there is one of this name */
  createStream(settings: StreamSettings): KinesisStream {
    const { name, accountId } = settings;
    if (this.#streams.has(name)) {
      throw new ServiceError(
        "ResourceInUseException",
        `Stream ${name} under account ${accountId} already exists.`,
      );
    }
    const stream = new KinesisStream(settings, this.now);
    this.#streams.set(name, stream);
    return stream;
  }

  deleteStream(name: string): void {
    this.requireStream(name);
    this.#streams.delete(name);
  }

  /** @throws `ResourceNotFoundException` */
  requireStream(name: string): KinesisStream {
    const stream = this.#streams.get(name);
    if (stream) return stream;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Stream ${name} under account ${this.account.accountId} not found.`,
    );
  }

  /** The stream that a call names. @throws `ResourceNotFoundException`, `InvalidArgumentException` */
  targetOf({ StreamARN: arn, StreamName: name }: StreamTarget): KinesisStream {
    if (arn !== undefined) {
      const stream = this.requireStream(streamNameOf(arn));
      if (stream.arn === arn && (name ?? stream.settings.name) === stream.settings.name) {
        return stream;
      }
    }
    if (arn === undefined && name !== undefined) return this.requireStream(name);
    throw new ServiceError(
      "InvalidArgumentException",
      `Either StreamARN or StreamName must name a stream of this account; got ${arn ?? "neither"}.`,
    );
  }

  /** Stores a record and counts what it costs. */
  append(stream: KinesisStream, put: Put): { shard: KinesisShard; record?: KinesisRecord } {
    const result = stream.put(put, this.now);
    if (result.record) this.account.usage.add("kinesis.putUnits", putUnits(result.record.bytes));
    return result;
  }

  remaining(): string[] {
    return this.streams().map(({ arn }) => `aws:kinesis/stream:Stream ${arn}`);
  }

  /** A stream never waits for anything: its readers do. */
  unsettled(): string[] {
    return [];
  }
}

/** Operations that refuse every parameter but those listed. */
function only(
  operations: Record<string, [modelled: readonly string[], operation: Operation]>,
): Record<string, Operation> {
  const entries = Object.entries(operations).map(([name, [modelled, operation]]) => {
    const execute: Operation["execute"] = (input, call) => {
      refuseUnmodelled(name, input, modelled);
      return operation.execute(input, call);
    };
    return [name, { ...operation, execute }];
  });
  return Object.fromEntries(entries) as Record<string, Operation>;
}
