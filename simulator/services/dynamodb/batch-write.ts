import type { BatchWriteItemCommandInput, WriteRequest } from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import type { Call, Operation } from "../service";
import { consumedByTable } from "./capacity";
import { constraint, refuseLegacyParameters, validation } from "./errors";
import { locate, outcome, prepareWrite, type ItemWrite } from "./item-write";
import type { Table } from "./table";
import { isHeld, tableArn, type Tables } from "./tables";

const REQUESTS_MAX = 25;

interface BatchedWrite {
  /** As the request names the table. */
  readonly name: string;
  readonly request: WriteRequest;
  readonly write: ItemWrite;
  readonly table: Table;
  readonly id: string;
}

/** BatchWriteItem: up to 25 puts and deletes, each for itself. */
export function batchWrite(account: Account, tables: Tables): Operation {
  return {
    permissions: (input: BatchWriteItemCommandInput) =>
      Object.keys(input.RequestItems ?? {}).map((table) => ({
        action: "dynamodb:BatchWriteItem",
        resource: tableArn(account, table),
      })),
    execute: (input: BatchWriteItemCommandInput, call: Call) =>
      execute(account, tables, input, call),
  };
}

function execute(
  account: Account,
  tables: Tables,
  input: BatchWriteItemCommandInput,
  call: Call,
): object {
  refuseLegacyParameters("BatchWriteItem", input);
  const writes = prepare(tables, input);
  const unprocessed: Record<string, WriteRequest[]> = {};
  const units = new Map<string, number>();
  for (const { name, request, write, table, id } of writes) {
    // An item that a transaction holds is handed back, the others are written.
    if (isHeld(table, id, account.kernel.now)) {
      (unprocessed[name] ??= []).push(request);
      continue;
    }
    const before = table.find(id);
    const cost = tables.commit({
      operation: "BatchWriteItem",
      table,
      id,
      key: write.target,
      before,
      after: outcome(write, table, id, before),
      requestId: call.caller.requestId,
    });
    units.set(table.name, (units.get(table.name) ?? 0) + cost);
    account.usage.add("dynamodb.writeUnits", cost);
  }
  return { UnprocessedItems: unprocessed, ...consumedByTable(input, units) };
}

function prepare(tables: Tables, input: BatchWriteItemCommandInput): BatchedWrite[] {
  const entries = Object.entries(input.RequestItems ?? {});
  const count = entries.reduce((sum, [, requests]) => sum + requests.length, 0);
  if (entries.length === 0 || entries.some(([, requests]) => requests.length === 0)) {
    throw constraint("requestItems", "{}", "Member must have length greater than or equal to 1");
  }
  if (count > REQUESTS_MAX) {
    throw validation("Too many items requested for the BatchWriteItem call");
  }
  const seen = new Set<string>();
  const writes = entries.flatMap(([name, requests]) =>
    requests.map((request): BatchedWrite => {
      const { PutRequest: put, DeleteRequest: del } = request;
      if (!put === !del) {
        throw validation("A write request must hold either a PutRequest or a DeleteRequest");
      }
      const write = put
        ? prepareWrite("put", { TableName: name, Item: put.Item })
        : prepareWrite("delete", { TableName: name, Key: del!.Key });
      const table = tables.get(name);
      const id = locate(write, table);
      // Everything is checked before anything is written.
      if (put) outcome(write, table, id, undefined);
      seen.add(`${table.name}/${id}`);
      return { name, request, write, table, id };
    }),
  );
  if (seen.size < writes.length) {
    throw validation("Provided list of item keys contains duplicates");
  }
  return writes;
}
