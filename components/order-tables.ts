import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { keyedTable } from "./keyed-table";
import { outboxTable } from "./outbox-table";

export interface OrderTables {
  /** Accepted orders that are on their way to the bus, and the keys that clients accept them with. */
  readonly outbox: aws.dynamodb.Table;
  /** By order: what ProcessOrder has done, and how often. */
  readonly processed: aws.dynamodb.Table;
  /** By product: what is left. */
  readonly stock: aws.dynamodb.Table;
  /** By order: what UpdateInventory has taken, and how often. */
  readonly reserved: aws.dynamodb.Table;
  /** What the consumers remember of what they have done. */
  readonly markers: aws.dynamodb.Table;
}

/** The tables. All settings use the same ones, so that choosing others creates and deletes none. */
export function orderTables(
  name: string,
  { protectData }: Settings,
  opts: pulumi.CustomResourceOptions,
): OrderTables {
  const table = (kind: string, args: Parameters<typeof keyedTable>[2]) =>
    keyedTable(`${name}-${kind}`, protectData, args, opts);
  return {
    outbox: outboxTable(`${name}-outbox`, protectData, opts),
    processed: table("processed", { hashKey: "orderId" }),
    stock: table("stock", { hashKey: "productId" }),
    reserved: table("reserved", { hashKey: "orderId" }),
    markers: table("markers", { ttlAttribute: "ttl" }),
  };
}
