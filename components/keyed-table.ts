import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { protecting } from "./data-protection";
import type { Statement } from "./restricted-function";

/** A right to operations on one table. */
export function on(table: aws.dynamodb.Table, ...operations: string[]): Statement {
  return {
    actions: operations.map((operation) => `dynamodb:${operation}`),
    resources: [table.arn],
  };
}

/** A table with one key, paid per request. */
export function keyedTable(
  name: string,
  protectData: boolean,
  args: {
    /** @default id */
    hashKey?: string;
    streamViewType?: "NEW_IMAGE" | "NEW_AND_OLD_IMAGES";
    ttlAttribute?: string;
    /** Attributes that indexes use as keys, beside the table's own. */
    indexAttributes?: { name: string; type: "S" | "N" }[];
    globalSecondaryIndexes?: aws.types.input.dynamodb.TableGlobalSecondaryIndex[];
  },
  opts: pulumi.CustomResourceOptions,
): aws.dynamodb.Table {
  const { hashKey = "id" } = args;
  return new aws.dynamodb.Table(
    name,
    {
      billingMode: "PAY_PER_REQUEST",
      hashKey,
      attributes: [{ name: hashKey, type: "S" }, ...(args.indexAttributes ?? [])],
      deletionProtectionEnabled: protectData,
      pointInTimeRecovery: { enabled: protectData },
      ...(args.streamViewType && { streamEnabled: true, streamViewType: args.streamViewType }),
      ...(args.ttlAttribute && { ttl: { attributeName: args.ttlAttribute, enabled: true } }),
      ...(args.globalSecondaryIndexes && { globalSecondaryIndexes: args.globalSecondaryIndexes }),
    },
    protecting(protectData, opts),
  );
}
