import { NotModelledError, ServiceError } from "../errors";
import type { Operation } from "../service";
import type { Kinesis } from "./service";
import type { KinesisShard, KinesisStream } from "./stream";
import { type StreamTarget, onStream, streamNameOf, targetArn } from "./stream-target";

interface DescribeStreamInput extends StreamTarget {
  readonly Limit?: number;
  readonly ExclusiveStartShardId?: string;
}

interface ListShardsInput extends StreamTarget {
  readonly NextToken?: string;
  readonly ExclusiveStartShardId?: string;
  readonly MaxResults?: number;
  readonly ShardFilter?: { readonly Type: string; readonly ShardId?: string };
}

interface ListStreamsInput {
  readonly Limit?: number;
  readonly ExclusiveStartStreamName?: string;
  readonly NextToken?: string;
}

const DESCRIBED_SHARDS_MAX = 100;
const LISTED_SHARDS_DEFAULT = 1000;
const LISTED_STREAMS_DEFAULT = 100;

export function describeStream(kinesis: Kinesis): Operation {
  return {
    permissions: onStream("kinesis:DescribeStream"),
    execute: (input: DescribeStreamInput) => {
      const stream = kinesis.targetOf(input);
      const { ExclusiveStartShardId: after = "", Limit: limit = DESCRIBED_SHARDS_MAX } = input;
      const following = stream.shards.filter(({ id }) => id > after);
      const shards = following.slice(0, Math.min(limit, DESCRIBED_SHARDS_MAX));
      return {
        StreamDescription: {
          ...summary(stream),
          Shards: shards.map(shardOutput),
          HasMoreShards: shards.length < following.length,
        },
      };
    },
  };
}

export function describeStreamSummary(kinesis: Kinesis): Operation {
  return {
    permissions: onStream("kinesis:DescribeStreamSummary"),
    execute: (input: StreamTarget) => {
      const stream = kinesis.targetOf(input);
      return {
        StreamDescriptionSummary: {
          ...summary(stream),
          OpenShardCount: stream.shards.length,
          ConsumerCount: 0,
        },
      };
    },
  };
}

/** Shards never split or merge here, so that every filter but `AFTER_SHARD_ID` lists all of them. */
export function listShards(kinesis: Kinesis): Operation {
  return {
    // A further page names the stream in its token alone.
    permissions: (input: ListShardsInput, account) => {
      const token = input.NextToken ? decodeToken(input.NextToken) : undefined;
      const target = token ? { StreamName: token.streamName } : input;
      return [{ action: "kinesis:ListShards", resource: targetArn(target, account) }];
    },
    execute: (input: ListShardsInput) => {
      const token = input.NextToken ? decodeToken(input.NextToken) : undefined;
      const stream = token ? kinesis.requireStream(token.streamName) : kinesis.targetOf(input);
      const { ShardFilter: filter, ExclusiveStartShardId: start, MaxResults: limit } = input;
      const after = token?.after ?? afterShard(filter) ?? start ?? "";
      const following = stream.shards.filter(({ id }) => id > after);
      const shards = following.slice(0, limit ?? LISTED_SHARDS_DEFAULT);
      const more = shards.length < following.length;
      const { name } = stream.settings;
      return {
        Shards: shards.map(shardOutput),
        ...(more ? { NextToken: encodeToken(name, shards.at(-1)!.id) } : {}),
      };
    },
  };
}

export function listStreams(kinesis: Kinesis): Operation {
  return {
    permissions: () => [{ action: "kinesis:ListStreams", resource: "*" }],
    execute: (input: ListStreamsInput) => {
      const { ExclusiveStartStreamName: start, NextToken: token, Limit: limit } = input;
      const after = token ? decodeToken(token).after : (start ?? "");
      const following = kinesis.streams().filter(({ settings: { name } }) => name > after);
      const streams = following.slice(0, limit ?? LISTED_STREAMS_DEFAULT);
      const more = streams.length < following.length;
      return {
        StreamNames: streams.map(({ settings: { name } }) => name),
        HasMoreStreams: more,
        StreamSummaries: streams.map((stream) => {
          const { StreamName, StreamARN, StreamStatus, StreamModeDetails } = summary(stream);
          const StreamCreationTimestamp = new Date(stream.createdAtMs);
          return {
            StreamName,
            StreamARN,
            StreamStatus,
            StreamModeDetails,
            StreamCreationTimestamp,
          };
        }),
        ...(more ? { NextToken: encodeToken("streams", streams.at(-1)!.settings.name) } : {}),
      };
    },
  };
}

function summary({ settings, createdAtMs }: KinesisStream) {
  return {
    StreamName: settings.name,
    StreamARN: settings.arn,
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: settings.streamMode },
    RetentionPeriodHours: settings.retentionHours,
    StreamCreationTimestamp: new Date(createdAtMs),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: settings.encryptionType,
    ...(settings.kmsKeyId ? { KeyId: settings.kmsKeyId } : {}),
  };
}

function shardOutput({ id, range, firstSequenceNumber }: KinesisShard): object {
  return {
    ShardId: id,
    HashKeyRange: { StartingHashKey: String(range.start), EndingHashKey: String(range.end) },
    SequenceNumberRange: { StartingSequenceNumber: firstSequenceNumber },
  };
}

function afterShard(filter: ListShardsInput["ShardFilter"]): string | undefined {
  switch (filter?.Type) {
    case "AFTER_SHARD_ID":
      return filter.ShardId;
    case undefined:
    case "AT_LATEST":
    case "AT_TRIM_HORIZON":
    case "AT_TIMESTAMP":
    case "FROM_TRIM_HORIZON":
    case "FROM_TIMESTAMP":
      return undefined;
    default:
      throw new NotModelledError(`ListShards: ShardFilter ${filter?.Type} is not modelled`);
  }
}

function encodeToken(streamName: string, after: string): string {
  return Buffer.from(`${streamName}/${after}`).toString("base64");
}

function decodeToken(token: string): { streamName: string; after: string } {
  const text = Buffer.from(token, "base64").toString("utf8");
  const streamName = text.slice(0, text.indexOf("/"));
  if (streamName === "") {
    throw new ServiceError("InvalidArgumentException", `NextToken ${token} is invalid.`);
  }
  return { streamName, after: streamNameOf(text) };
}
