import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { protecting } from "./data-protection";

/** SQS keeps messages for two weeks at most. */
const QUEUE_RETENTION_SECONDS = 1_209_600;

/** A queue that nothing takes from, for as long as SQS keeps messages. */
export function deadLetterQueue(
  name: string,
  args: {
    readonly protectData: boolean;
    readonly fifo?: boolean;
    readonly redriveAllowPolicy?: string;
  },
  opts: pulumi.CustomResourceOptions,
): aws.sqs.Queue {
  const { fifo, protectData, redriveAllowPolicy } = args;
  return new aws.sqs.Queue(
    name,
    {
      messageRetentionSeconds: QUEUE_RETENTION_SECONDS,
      sqsManagedSseEnabled: true,
      ...(fifo && { fifoQueue: true }),
      ...(redriveAllowPolicy && { redriveAllowPolicy }),
    },
    protecting(protectData, opts),
  );
}

/** For a queue that takes what is not a queue's: no queue may name it. */
export const NO_SOURCE_QUEUES = JSON.stringify({ redrivePermission: "denyAll" });
