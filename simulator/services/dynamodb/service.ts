import type { Account } from "../account";
import type { Operation, Service } from "../service";
import type { StreamSource } from "../stream-source";
import { batchWrite } from "./batch-write";
import { descriptions } from "./descriptions";
import { notModelled } from "./errors";
import { query } from "./query";
import { reads } from "./reads";
import { scan } from "./scan";
import { singleWrites } from "./single-writes";
import type { CommittedWrite } from "./table";
import type { TableSchema } from "./table-schema";
import { Tables } from "./tables";
import { Transactions } from "./transactions";

export type { AttributeValue, Item } from "./attribute-values";
export { dynamoDbResources } from "./resources";
export type { CommittedWrite } from "./table";
export type { IndexSchema, KeySchema, StreamViewType, TableSchema } from "./table-schema";

/**
 * Amazon DynamoDB: items, expressions, transactions, secondary indexes, streams and time to live, billed
 * per request. Legacy parameters and PartiQL are refused; a read always sees what was last written
 * (assumption: dynamodb.eventualReads).
 */
export class DynamoDb implements Service {
  readonly serviceId = "DynamoDB";
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #tables: Tables;

  constructor(account: Account) {
    this.#tables = new Tables(account);
    const transactions = new Transactions(account, this.#tables);
    this.operations = {
      ...singleWrites(account, this.#tables),
      ...reads(account, this.#tables),
      ...descriptions(account, this.#tables),
      BatchWriteItem: batchWrite(account, this.#tables),
      Query: query(account, this.#tables),
      Scan: scan(account, this.#tables),
      TransactWriteItems: transactions.writeItems,
      TransactGetItems: transactions.getItems,
      BatchExecuteStatement: refusedPartiQl("BatchExecuteStatement", "Statements"),
      ExecuteStatement: refusedPartiQl("ExecuteStatement", "Statement"),
      ExecuteTransaction: refusedPartiQl("ExecuteTransaction", "TransactStatements"),
    };
  }

  /** @throws ResourceInUseException if there is one of this name */
  createTable(schema: TableSchema): void {
    this.#tables.create(schema);
  }

  /** Changes indexes, stream, time to live and deletion protection in place. */
  updateTable(schema: TableSchema): void {
    this.#tables.update(schema);
  }

  /** @throws ValidationException if the table is protected, ResourceNotFoundException */
  deleteTable(name: string): void {
    this.#tables.delete(name);
  }

  hasTable(name: string): boolean {
    return this.#tables.find(name) !== undefined;
  }

  /** The stream as an event source mapping reads it, also after it was switched off. */
  streamSource(streamArn: string): StreamSource | undefined {
    return this.#tables.stream(streamArn);
  }

  /** Every write to a table (name or ARN) in the order of commitment, the ones that changed nothing too. */
  writes(table: string): readonly CommittedWrite[] {
    return this.#tables.writes(table);
  }

  /** Calls `listener` with the table's name after each change. Answers a function that ends it. */
  onWrite(listener: (table: string) => void): () => void {
    return this.#tables.onWrite(listener);
  }

  remaining(): string[] {
    return this.#tables.names().map((name) => `aws:dynamodb/table:Table ${name}`);
  }

  unsettled(): string[] {
    return [];
  }
}

const refusedPartiQl = (operation: string, parameter: string): Operation => ({
  permissions: () => [],
  execute: () => {
    throw notModelled(operation, `${parameter} (PartiQL)`, "use the item operations");
  },
});
