import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { PENDING_INDEX } from "../handlers/outbox";
import { keyedTable } from "./keyed-table";

/** A table of what is still to be done: its stream feeds who does it, and an index tells a sweep what was left. */
export function outboxTable(
  name: string,
  protectData: boolean,
  opts: pulumi.CustomResourceOptions,
): aws.dynamodb.Table {
  return keyedTable(
    name,
    protectData,
    {
      streamViewType: "NEW_IMAGE",
      ttlAttribute: "ttl",
      indexAttributes: [
        { name: "pending", type: "S" },
        { name: "createdAt", type: "N" },
      ],
      // Sparse: a row loses `pending` when it is done, and with it its place in the index.
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
  );
}
