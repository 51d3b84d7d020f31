import type { ConsumedCapacity } from "@aws-sdk/client-dynamodb";

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** Write units of an item of `bytes`: one per 1 KB begun, at least one. Transactions pay double. */
export const writeUnits = (bytes: number): number =>
  Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));

/** Read units of `bytes`: one per 4 KB begun, at least one, half of it if eventually consistent. */
export const readUnits = (bytes: number, consistent: boolean): number =>
  Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) / (consistent ? 1 : 2);

/** The member `ConsumedCapacity` of a response, where the request asked for it. */
export function consumed(
  input: { readonly ReturnConsumedCapacity?: string },
  table: string,
  units: number,
): { ConsumedCapacity?: ConsumedCapacity } {
  if (input.ReturnConsumedCapacity !== "TOTAL") return {};
  return { ConsumedCapacity: { TableName: table, CapacityUnits: units } };
}

/** The same for requests over several tables. */
export function consumedByTable(
  input: { readonly ReturnConsumedCapacity?: string },
  unitsByTable: ReadonlyMap<string, number>,
): { ConsumedCapacity?: ConsumedCapacity[] } {
  if (input.ReturnConsumedCapacity !== "TOTAL") return {};
  const entries = [...unitsByTable];
  return {
    ConsumedCapacity: entries.map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits })),
  };
}
