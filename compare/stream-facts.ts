import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import type { Account } from "./account";

/** What a run's cost and end depend on. */
export interface StreamFacts {
  readonly retentionMs: number;
  readonly shards: number;
  readonly mode: "PROVISIONED" | "ON_DEMAND";
}

export async function streamFacts(account: Account, streamName: string): Promise<StreamFacts> {
  const { StreamDescriptionSummary } = await account
    .client(KinesisClient)
    .send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
  return {
    retentionMs: StreamDescriptionSummary!.RetentionPeriodHours! * 3_600_000,
    shards: StreamDescriptionSummary!.OpenShardCount!,
    mode: StreamDescriptionSummary!.StreamModeDetails?.StreamMode ?? "PROVISIONED",
  };
}
