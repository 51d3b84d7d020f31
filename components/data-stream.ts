import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { protecting } from "./data-protection";

/** A Kinesis stream, with what is set for all streams of a stack. */
export function dataStream(
  name: string,
  settings: Settings,
  /** Unless AWS chooses it. */
  shardCount: number,
  opts: pulumi.CustomResourceOptions,
): aws.kinesis.Stream {
  const { streamMode, retentionPeriodHours, encryption, protectData } = settings;
  return new aws.kinesis.Stream(
    name,
    {
      streamModeDetails: { streamMode },
      ...(streamMode === "PROVISIONED" && { shardCount }),
      retentionPeriod: retentionPeriodHours,
      // The key that AWS manages needs no statement in the roles that read through Kinesis.
      ...(encryption === "kms"
        ? { encryptionType: "KMS", kmsKeyId: "alias/aws/kinesis" }
        : { encryptionType: "NONE" }),
    },
    protecting(protectData, opts),
  );
}
