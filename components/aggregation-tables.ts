import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { keyedTable } from "./keyed-table";
import { outboxTable } from "./outbox-table";

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
    outbox: outboxTable(`${name}-outbox`, protectData, opts),
    aggregates: keyedTable(`${name}-aggregates`, protectData, {}, opts),
    parameters: failureInjection ? keyedTable(`${name}-parameters`, false, {}, opts) : undefined,
  };
}
