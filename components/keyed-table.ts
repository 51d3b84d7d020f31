import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { protecting } from "./data-protection";

/** A table whose only key is `id`, paid per request. */
export function keyedTable(
  name: string,
  protectData: boolean,
  args: {
    streamViewType?: "NEW_IMAGE" | "NEW_AND_OLD_IMAGES";
    ttlAttribute?: string;
    /** Attributes that indexes use as keys, beside `id`. */
    indexAttributes?: { name: string; type: "S" | "N" }[];
    globalSecondaryIndexes?: aws.types.input.dynamodb.TableGlobalSecondaryIndex[];
  },
  opts: pulumi.CustomResourceOptions,
): aws.dynamodb.Table {
  return new aws.dynamodb.Table(
    name,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      attributes: [{ name: "id", type: "S" }, ...(args.indexAttributes ?? [])],
      deletionProtectionEnabled: protectData,
      pointInTimeRecovery: { enabled: protectData },
      ...(args.streamViewType && { streamEnabled: true, streamViewType: args.streamViewType }),
      ...(args.ttlAttribute && { ttl: { attributeName: args.ttlAttribute, enabled: true } }),
      ...(args.globalSecondaryIndexes && { globalSecondaryIndexes: args.globalSecondaryIndexes }),
    },
    protecting(protectData, opts),
  );
}
