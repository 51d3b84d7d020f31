import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { PENDING_INDEX } from "../handlers/outbox";
import { keyedTable } from "./keyed-table";

export interface AggregationTables {
  /** The newest version of each entity; Map reads what changes. */
  readonly state: aws.dynamodb.Table;
  /** What has been folded of each entity. Never with a time to live: it is what replays are judged by. */
  readonly ledger: aws.dynamodb.Table;
  /** Sums on their way to the aggregates; Reduce reads what is new. */
  readonly outbox: aws.dynamodb.Table;
  readonly aggregates: aws.dynamodb.Table;
  /** Percentages of failures on purpose; only with `failureInjection`. */
  readonly parameters?: aws.dynamodb.Table;
}

/** The tables. Both idempotencies use the same ones, so that choosing another creates and deletes none. */
export function aggregationTables(
  name: string,
  { protectData, failureInjection }: Settings,
  opts: pulumi.CustomResourceOptions,
): AggregationTables {
  return {
    state: keyedTable(
      `${name}-state-table`,
      protectData,
      { streamViewType: "NEW_AND_OLD_IMAGES" },
      opts,
    ),
    ledger: keyedTable(`${name}-ledger`, protectData, {}, opts),
    outbox: keyedTable(
      `${name}-outbox`,
      protectData,
      {
        streamViewType: "NEW_IMAGE",
        ttlAttribute: "ttl",
        indexAttributes: [
          { name: "pending", type: "S" },
          { name: "createdAt", type: "N" },
        ],
        // Sparse: a row loses `pending` when it is applied, and with it its place in the index.
        globalSecondaryIndexes: [
          {
            name: PENDING_INDEX,
            keySchemas: [
              { attributeName: "pending", keyType: "HASH" },
              { attributeName: "createdAt", keyType: "RANGE" },
            ],
            projectionType: "ALL",
          },
        ],
      },
      opts,
    ),
    aggregates: keyedTable(`${name}-aggregates`, protectData, {}, opts),
    parameters: failureInjection ? keyedTable(`${name}-parameters`, false, {}, opts) : undefined,
  };
}
