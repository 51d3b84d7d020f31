import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OrderFunctionName, Settings } from "../config";
import { PENDING_INDEX } from "../handlers/outbox";
import { createProcessOrderHandler } from "../handlers/process-order";
import { createPowertoolsProcessOrderHandler } from "../handlers/process-order-powertools";
import { createPublishOrderHandler } from "../handlers/publish-order";
import { createPublishOrderDirectHandler } from "../handlers/publish-order-direct";
import { createRelayOrdersHandler } from "../handlers/relay-orders";
import { createTakePaymentHandler } from "../handlers/take-payment";
import { createUpdateInventoryHandler } from "../handlers/update-inventory";
import { createDeletingInventoryHandler } from "../handlers/update-inventory-deleting";
import { createPowertoolsInventoryHandler } from "../handlers/update-inventory-powertools";
import { createPowertoolsDeletingInventoryHandler } from "../handlers/update-inventory-powertools-deleting";
import type { FunctionEntry } from "./function-entry";
import { on } from "./keyed-table";
import type { OrderOutcomes } from "./order-outcomes";
import { queueSource } from "./order-queue";
import type { OrderTables } from "./order-tables";
import type { PackageName } from "./packages";
import type {
  HandlerFactory,
  RestrictedFunctionArgs,
  StackParts,
  Statement,
} from "./restricted-function";
import { tableSource } from "./stream-mapping";

/** What the functions are made of. */
export interface OrderParts extends StackParts {
  readonly tables: OrderTables;
  readonly bus: aws.cloudwatch.EventBus;
}

type Own = Omit<RestrictedFunctionArgs, "settings" | "stack">;

const DYNAMODB = "@aws-sdk/client-dynamodb";
const EVENTBRIDGE = "@aws-sdk/client-eventbridge";
/** Powertools' DynamoDB layer takes its marshalling from the second, which it does not bring along. */
const POWERTOOLS: PackageName[] = ["@aws-lambda-powertools/idempotency", "@aws-sdk/lib-dynamodb"];

/** PublishOrder: its code and environment, and the least it may do. */
export function publishFunction(parts: OrderParts): RestrictedFunctionArgs {
  const { settings, tables } = parts;
  const environment = {
    OUTBOX_TABLE_NAME: tables.outbox.name,
    KEY_RETENTION_SECONDS: String(settings.orders.keyRetentionHours * 3_600),
  };
  if (settings.orders.publishing === "outbox") {
    return made(parts, "publish", {
      handler: createPublishOrderHandler,
      packages: [DYNAMODB],
      environment,
      statements: [on(tables.outbox, "PutItem")],
    });
  }
  return made(parts, "publish", {
    handler: createPublishOrderDirectHandler,
    packages: [DYNAMODB, EVENTBRIDGE],
    environment: { ...environment, ...publishing(parts) },
    statements: [on(tables.outbox, "PutItem", "UpdateItem"), mayPublish(parts)],
  });
}

/** Relay. */
export function relayFunction(parts: OrderParts): RestrictedFunctionArgs {
  const { settings, tables } = parts;
  const { markerRetentionDays, relay } = settings.orders;
  return made(parts, "relay", {
    handler: createRelayOrdersHandler,
    packages: [DYNAMODB, EVENTBRIDGE],
    environment: {
      ...publishing(parts),
      OUTBOX_TABLE_NAME: tables.outbox.name,
      // As long as the consumers know an order, its id must not be drawn again.
      OUTBOX_RETENTION_SECONDS: String(markerRetentionDays * 86_400),
      SWEEP_AGE_SECONDS: String(relay.sweepAgeSeconds),
    },
    statements: [
      ...tableSource(tables.outbox),
      on(tables.outbox, "UpdateItem"),
      {
        actions: ["dynamodb:Query"],
        resources: [pulumi.interpolate`${tables.outbox.arn}/index/${PENDING_INDEX}`],
      },
      mayPublish(parts),
    ],
  });
}

/** The payment, which stands for somebody else's. */
export function paymentFunction(parts: OrderParts): RestrictedFunctionArgs {
  return made(parts, "payment", {
    handler: createTakePaymentHandler,
    packages: [],
    environment: {},
    statements: [],
  });
}

/** ProcessOrder. */
export function processFunction(
  parts: OrderParts,
  payment: FunctionEntry,
  outcomes: OrderOutcomes,
): RestrictedFunctionArgs {
  const { settings, tables } = parts;
  const { breaker, idempotency } = settings.orders;
  const powertools = idempotency === "powertools";
  const { deadLetter, onFailure, onSuccess } = outcomes;
  return made(parts, "process", {
    handler: powertools ? createPowertoolsProcessOrderHandler : createProcessOrderHandler,
    packages: [DYNAMODB, "@aws-sdk/client-lambda", "cockatiel", ...(powertools ? POWERTOOLS : [])],
    environment: {
      ...marking(settings, tables),
      PROCESSED_TABLE_NAME: tables.processed.name,
      PAYMENT_FUNCTION_NAME: payment.name,
      BREAKER_THRESHOLD: String(breaker.threshold),
      BREAKER_COOLDOWN_MS: String(breaker.cooldownMs),
    },
    statements: [
      on(tables.processed, "UpdateItem"),
      ...mayMark(settings, tables),
      { actions: ["lambda:InvokeFunction"], resources: [payment.arn] },
      ...(onFailure?.statements ?? []),
      ...(onSuccess?.statements ?? []),
    ],
    deadLetter,
  });
}

/** UpdateInventory. */
export function inventoryFunction(parts: OrderParts, queue: aws.sqs.Queue): RestrictedFunctionArgs {
  const { settings, tables } = parts;
  const { idempotency, inventory } = settings.orders;
  const powertools = idempotency === "powertools";
  return made(parts, "inventory", {
    handler: inventoryHandler(powertools, inventory.deletesItself),
    packages: [
      DYNAMODB,
      ...(inventory.deletesItself ? (["@aws-sdk/client-sqs"] as const) : []),
      ...(powertools ? POWERTOOLS : []),
    ],
    environment: {
      ...marking(settings, tables),
      STOCK_TABLE_NAME: tables.stock.name,
      RESERVED_TABLE_NAME: tables.reserved.name,
      REPORT_BATCH_ITEM_FAILURES: String(inventory.reportBatchItemFailures),
      FIFO: String(inventory.fifo),
      ...(inventory.deletesItself && { QUEUE_URL: queue.url }),
    },
    statements: [
      ...queueSource(queue),
      on(tables.stock, "UpdateItem"),
      on(tables.reserved, "UpdateItem"),
      ...mayMark(settings, tables),
    ],
  });
}

function inventoryHandler(powertools: boolean, deletesItself: boolean): HandlerFactory {
  if (deletesItself) {
    return powertools ? createPowertoolsDeletingInventoryHandler : createDeletingInventoryHandler;
  }
  return powertools ? createPowertoolsInventoryHandler : createUpdateInventoryHandler;
}

function made(parts: OrderParts, name: OrderFunctionName, own: Own): RestrictedFunctionArgs {
  return { settings: parts.settings.orders[name], stack: parts, ...own };
}

function publishing({ bus, settings }: OrderParts) {
  const { baseDelayMs, maximumAttempts } = settings.orders.publish;
  return {
    BUS_NAME: bus.name,
    PUBLISH_MAXIMUM_ATTEMPTS: String(maximumAttempts),
    PUBLISH_BASE_DELAY_MS: String(baseDelayMs),
  };
}

const mayPublish = ({ bus }: OrderParts): Statement => ({
  actions: ["events:PutEvents"],
  resources: [bus.arn],
});

function marking({ orders }: Settings, { markers }: OrderTables) {
  return {
    IDEMPOTENCY: orders.idempotency,
    MARKER_TABLE_NAME: markers.name,
    MARKER_RETENTION_SECONDS: String(orders.markerRetentionDays * 86_400),
  };
}

/** A marker in the transaction is put; Powertools' is put, completed, and deleted when the work failed. */
function mayMark({ orders }: Settings, { markers }: OrderTables): Statement[] {
  if (orders.idempotency === "none") return [];
  if (orders.idempotency !== "powertools") return [on(markers, "PutItem")];
  return [on(markers, "GetItem", "PutItem", "UpdateItem", "DeleteItem")];
}
