import { ServiceError } from "../errors";
import type { Account } from "../account";
import { itemsEqual, type Item } from "./attribute-values";
import { writeUnits } from "./capacity";
import { tableNotFound } from "./errors";
import { hashOf, type StoredItem } from "./ordered-index";
import { Table, type CommittedWrite } from "./table";
import { keyOf, keyText, type TableSchema } from "./table-schema";
import { TableStream } from "./table-stream";
import { TimeToLive } from "./time-to-live";

/** A write that has passed all checks. */
export interface Change {
  readonly operation: string;
  readonly table: Table;
  readonly id: string;
  /** Key attributes, or an item that has them. */
  readonly key: Item;
  readonly before: StoredItem | undefined;
  readonly after: StoredItem | undefined;
  readonly requestId?: string | undefined;
}

type LoggedWrite = { -readonly [Member in keyof CommittedWrite]: CommittedWrite[Member] };

/** The tables of an account, and the one place where their items change. */
export class Tables {
  readonly #account: Account;
  readonly #tables = new Map<string, Table>();
  readonly #streams = new Map<string, TableStream>();
  /** By table name. What was written to a table that is gone is still known. */
  readonly #writes = new Map<string, CommittedWrite[]>();
  readonly #expiries = new Map<string, TimeToLive>();
  readonly #listeners = new Set<(table: string) => void>();

  constructor(account: Account) {
    this.#account = account;
  }

  /** Names, sorted. */
  names(): string[] {
    return [...this.#tables.keys()].sort();
  }

  /** @throws ResourceNotFoundException */
  get(nameOrArn: string): Table {
    const table = this.find(nameOrArn);
    if (!table) throw tableNotFound();
    return table;
  }

  find(nameOrArn: string): Table | undefined {
    return this.#tables.get(nameOf(nameOrArn));
  }

  stream(arn: string): TableStream | undefined {
    return this.#streams.get(arn);
  }

  /** @throws an `Error` for a table that never was there */
  writes(nameOrArn: string): readonly CommittedWrite[] {
    const written = this.#writes.get(nameOf(nameOrArn));
    if (!written && !this.find(nameOrArn)) throw new Error(`There is no table ${nameOrArn}`);
    return written ?? [];
  }

  onWrite(listener: (table: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws ResourceInUseException */
  create(schema: TableSchema): void {
    if (this.#tables.has(schema.name)) {
      throw new ServiceError("ResourceInUseException", `Table already exists: ${schema.name}`);
    }
    const arn = tableArn(this.#account, schema.name);
    const table = new Table(arn, schema, this.#account.kernel.now);
    // A table of the same name that is gone may have had a stream with the same label.
    if (schema.stream) this.#streams.delete(streamArn(arn, schema.stream.label));
    this.#tables.set(schema.name, table);
    this.#configure(table);
  }

  update(schema: TableSchema): void {
    const table = this.get(schema.name);
    table.schema = schema;
    this.#configure(table);
  }

  /** @throws ValidationException if the table is protected. */
  delete(name: string): void {
    const table = this.get(name);
    if (table.schema.deletionProtection) {
      throw new ServiceError(
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
      );
    }
    this.#expiries.get(name)?.stop();
    this.#expiries.delete(name);
    this.#tables.delete(name);
    // What its stream still holds can be read until it expires.
  }

  /**
   * Makes a change at this instant: items, indexes, stream, write log, usage.
   *
   * @returns the write units it cost
   */
  commit(change: Change): number {
    const { table, before } = change;
    const key = keyOf(table.schema.key, change.key);
    const same = before
      ? change.after !== undefined && itemsEqual(before.item, change.after.item)
      : !change.after;
    const after = same ? before : change.after;
    const units = writeUnits(Math.max(before?.size ?? 0, after?.size ?? 0));
    const write = this.#log(change, key, after, !same);
    if (same) return units;
    const indexed = table.indexWriteUnits(before?.item, after?.item);
    table.replace(before, after);
    this.#record(change, write, false);
    if (after) this.#watch(table, after, before?.item);
    this.#tell(table);
    return units + indexed;
  }

  #log(change: Change, key: Item, after: StoredItem | undefined, changed: boolean): LoggedWrite {
    const { table, before, operation, requestId } = change;
    const write: LoggedWrite = {
      atMs: this.#account.kernel.now,
      table: table.name,
      operation,
      key,
      changed,
    };
    if (before) write.before = before.item;
    if (after) write.after = after.item;
    if (requestId !== undefined) write.requestId = requestId;
    let writes = this.#writes.get(table.name);
    if (!writes) this.#writes.set(table.name, (writes = []));
    writes.push(write);
    return write;
  }

  #record({ table, id, before, after }: Change, write: LoggedWrite, expired: boolean): void {
    if (!table.stream) return;
    const { key } = write;
    write.stream = table.stream.append({
      partitionHash: hashOf(keyText(key[table.schema.key.hash.name]!)),
      itemId: id,
      key,
      before: before?.item,
      after: after?.item,
      atMs: this.#account.kernel.now,
      expired,
    });
    this.#account.usage.add("dynamodb.streamRecords", 1);
  }

  #tell(table: Table): void {
    for (const listener of this.#listeners) listener(table.name);
  }

  #watch(table: Table, after: StoredItem, before: Item | undefined): void {
    const attribute = table.schema.ttlAttribute;
    if (attribute === undefined || before?.[attribute] === after.item[attribute]) return;
    this.#expiries.get(table.name)?.watch(after.id, after.item);
  }

  /** Makes stream and expiry of a table what its schema says. */
  #configure(table: Table): void {
    const { stream, ttlAttribute } = table.schema;
    table.stream = stream && this.#streamFor(table, stream);
    this.#expiries.get(table.name)?.stop();
    this.#expiries.delete(table.name);
    if (ttlAttribute === undefined) return;
    const { kernel, assumptions } = this.#account;
    const delayMs = assumptions.number("dynamodb.ttlDelayMs");
    const expiry = new TimeToLive(kernel, table, delayMs, (id) => this.#expire(table, id));
    this.#expiries.set(table.name, expiry);
    for (const stored of table.items()) expiry.watch(stored.id, stored.item);
  }

  #streamFor(table: Table, { label, viewType }: NonNullable<TableSchema["stream"]>): TableStream {
    const arn = streamArn(table.arn, label);
    let stream = this.#streams.get(arn);
    if (!stream) {
      const shards = this.#account.assumptions.number("dynamodb.streamShards");
      stream = new TableStream(arn, label, viewType, this.#account.region, shards);
      this.#streams.set(arn, stream);
    }
    return stream;
  }

  #expire(table: Table, id: string): boolean {
    if (isHeld(table, id, this.#account.kernel.now)) return false;
    const before = table.find(id)!;
    const key = keyOf(table.schema.key, before.item);
    const change: Change = {
      operation: "TimeToLive",
      table,
      id,
      key,
      before,
      after: undefined,
    };
    const write = this.#log(change, key, undefined, true);
    table.replace(before, undefined);
    this.#record(change, write, true);
    this.#tell(table);
    return true;
  }
}

export const streamArn = (table: string, label: string): string => `${table}/stream/${label}`;

/** Whether a transaction in flight holds an item. */
export function isHeld(table: Table, id: string, now: number): boolean {
  if (table.holds.size === 0) return false;
  const hold = table.holds.get(id);
  return hold !== undefined && now <= hold.untilMs;
}

/** Requests may name a table by its ARN. */
export const nameOf = (nameOrArn: string): string =>
  nameOrArn.startsWith("arn:") ? nameOrArn.slice(nameOrArn.indexOf("/") + 1) : nameOrArn;

export const tableArn = (
  account: { readonly accountId: string; readonly region: string },
  nameOrArn: string,
): string => `arn:aws:dynamodb:${account.region}:${account.accountId}:table/${nameOf(nameOrArn)}`;
