import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FunctionName, StageName } from "../config";
import { createMapHandler } from "../handlers/map";
import { createMapBatchHashHandler } from "../handlers/map-batch-hash";
import { PENDING_INDEX } from "../handlers/outbox";
import { createReduceHandler } from "../handlers/reduce";
import { createReduceBatchHashHandler } from "../handlers/reduce-batch-hash";
import { createRepairHandler } from "../handlers/repair";
import { createStateHandler } from "../handlers/state";
import { createSweepHandler } from "../handlers/sweep";
import type { AggregationTables } from "./aggregation-tables";
import type { FailureDestinations } from "./failure-destinations";
import { on } from "./keyed-table";
import type {
  HandlerFactory,
  RestrictedFunctionArgs,
  StackParts,
  Statement,
} from "./restricted-function";
import { kinesisSource, tableSource } from "./stream-mapping";

/** Of all five. */
const PACKAGES = ["@aws-sdk/client-dynamodb"] as const;

/** What the five functions are made of. */
export interface AggregationParts extends StackParts {
  readonly stream: aws.kinesis.Stream;
  readonly tables: AggregationTables;
  readonly destinations: FailureDestinations;
}

/** Per function: its code, its environment, and the least it may do. */
export function aggregationFunctions(
  parts: AggregationParts,
): Record<FunctionName, RestrictedFunctionArgs> {
  const { settings, stream, tables } = parts;
  const exact = settings.idempotency === "ledger";
  const applying = {
    OUTBOX_TABLE_NAME: tables.outbox.name,
    AGGREGATE_TABLE_NAME: tables.aggregates.name,
    AGGREGATE_LANES: String(settings.aggregateLanes),
    OUTBOX_RETENTION_SECONDS: String(settings.outboxRetentionDays * 86_400),
  };
  return {
    state: stage(parts, "state", createStateHandler, {
      environment: { STATE_TABLE_NAME: tables.state.name },
      statements: [...kinesisSource(stream), on(tables.state, "UpdateItem")],
    }),
    map: stage(parts, "map", exact ? createMapHandler : createMapBatchHashHandler, {
      environment: exact
        ? { LEDGER_TABLE_NAME: tables.ledger.name, OUTBOX_TABLE_NAME: tables.outbox.name }
        : { OUTBOX_TABLE_NAME: tables.outbox.name },
      statements: [
        ...tableSource(tables.state),
        ...(exact ? mayFold(tables) : [on(tables.outbox, "PutItem")]),
      ],
    }),
    reduce: stage(parts, "reduce", exact ? createReduceHandler : createReduceBatchHashHandler, {
      environment: exact ? applying : { AGGREGATE_TABLE_NAME: tables.aggregates.name },
      statements: [
        ...tableSource(tables.outbox),
        ...(exact ? mayApply(tables) : [on(tables.aggregates, "UpdateItem")]),
      ],
    }),
    sweep: {
      handler: createSweepHandler,
      packages: PACKAGES,
      settings: settings.sweep,
      stack: parts,
      environment: { ...applying, SWEEP_AGE_SECONDS: String(settings.sweepAgeSeconds) },
      statements: [mayFindPending(tables), ...mayApply(tables)],
    },
    repair: {
      handler: createRepairHandler,
      packages: PACKAGES,
      settings: settings.repair,
      stack: parts,
      environment: {
        ...applying,
        IDEMPOTENCY: settings.idempotency,
        STATE_TABLE_NAME: tables.state.name,
        LEDGER_TABLE_NAME: tables.ledger.name,
      },
      // The one role that may scan.
      statements: [
        on(tables.state, "Scan"),
        on(tables.ledger, "BatchGetItem"),
        ...mayFold(tables),
        mayFindPending(tables),
        ...mayApply(tables),
      ],
    },
  };
}

/** A function that a stream feeds: its destination, its failures on purpose, its kind of answer. */
function stage(
  parts: AggregationParts,
  name: StageName,
  handler: HandlerFactory,
  own: Pick<RestrictedFunctionArgs, "environment" | "statements">,
): RestrictedFunctionArgs {
  const { settings, tables, destinations } = parts;
  const { onFailure, reportBatchItemFailures } = settings[name];
  const { parameters } = tables;
  return {
    handler,
    packages: PACKAGES,
    settings: settings[name],
    stack: parts,
    environment: {
      ...own.environment,
      REPORT_BATCH_ITEM_FAILURES: String(reportBatchItemFailures),
      ...(parameters && { PARAMETER_TABLE_NAME: parameters.name }),
    },
    statements: [
      ...own.statements,
      ...destinations.statementsFor(onFailure),
      ...(parameters ? [on(parameters, "GetItem")] : []),
    ],
  };
}

// A transaction is authorised by the actions of its items.
const mayFold = ({ ledger, outbox }: AggregationTables): Statement[] => [
  on(ledger, "UpdateItem"),
  on(outbox, "PutItem"),
];

const mayApply = ({ outbox, aggregates }: AggregationTables): Statement[] => [
  on(outbox, "UpdateItem"),
  on(aggregates, "UpdateItem"),
];

const mayFindPending = ({ outbox }: AggregationTables): Statement => ({
  actions: ["dynamodb:Query"],
  resources: [pulumi.interpolate`${outbox.arn}/index/${PENDING_INDEX}`],
});
