import { createHash } from "node:crypto";
import { failure } from "./failure";

/**
 * Aggregated records, as the Kinesis Producer Library packs them: four magic bytes, a protobuf message, and its MD5.
 * Source: amazon-kinesis-producer, "aggregation-format.md". Written out here, since three messages are less than a
 * protobuf library, which would be packed with every function.
 */
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const;
const CHECKSUM_BYTES = 16;

/** One of the records in an aggregate. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Decimal, 128 bits. */
  readonly explicitHashKey?: string;
}

export interface AggregateReader {
  /** Whether bytes begin as an aggregate does. */
  readonly isAggregate: (bytes: Uint8Array) => boolean;
  /**
   * The records in an aggregate, in order.
   *
   * @throws Error with code `CORRUPT_AGGREGATE`: a checksum that does not match, or a message that cannot be read
   */
  readonly unpack: (bytes: Uint8Array) => UserRecord[];
}

/** A field of a protobuf message: a number, or bytes. */
interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array | undefined;
}

/** Made once per environment: a serialized function of ours at module level is made anew at each call. */
export function createAggregateReader(): AggregateReader {
  const magic = MAGIC;
  const checksumBytes = CHECKSUM_BYTES;
  const hash = createHash;
  const corrupt = (what: string): Error =>
    failure("CORRUPT_AGGREGATE", `The aggregated record ${what}.`);

  /** The fields of a message, of the wire types 0, 1, 2 and 5: the others are of groups, which are long gone. */
  function fieldsOf(message: Uint8Array): Field[] {
    const fields: Field[] = [];
    let at = 0;

    /** Ten bytes at most; beyond 2^53 it is no index and no length of anything here. */
    const varint = (): number => {
      let value = 0;
      for (let shift = 0; shift < 70; shift += 7) {
        const byte = message[at];
        if (byte === undefined) throw corrupt("ends within a number");
        at += 1;
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) return value;
      }
      throw corrupt("holds a number of more than ten bytes");
    };
    const take = (length: number): Uint8Array => {
      if (length > message.length - at) throw corrupt("ends within a field");
      at += length;
      return message.subarray(at - length, at);
    };

    while (at < message.length) {
      const tag = varint();
      const number = Math.floor(tag / 8);
      const type = tag % 8;
      if (type === 0) fields.push({ number, value: varint(), bytes: undefined });
      else if (type === 2) fields.push({ number, value: NaN, bytes: take(varint()) });
      else if (type === 1) take(8);
      else if (type === 5) take(4);
      else throw corrupt(`holds a field of the unknown type ${type}`);
    }
    return fields;
  }

  const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

  function recordIn(
    message: Uint8Array,
    partitionKeys: readonly string[],
    hashKeys: readonly string[],
  ): UserRecord {
    let data: Uint8Array | undefined;
    let partitionKey: string | undefined;
    let explicitHashKey: string | undefined;
    for (const { bytes, number, value } of fieldsOf(message)) {
      if (number === 1) partitionKey = partitionKeys[value];
      else if (number === 2) explicitHashKey = hashKeys[value];
      else if (number === 3) data = bytes;
    }
    if (data === undefined || partitionKey === undefined) {
      throw corrupt("holds a record without its data or its partition key");
    }
    return { partitionKey, data, ...(explicitHashKey !== undefined && { explicitHashKey }) };
  }

  return {
    isAggregate: (bytes) => magic.every((byte, at) => bytes[at] === byte),
    unpack(bytes) {
      const end = bytes.length - checksumBytes;
      if (end < magic.length) throw corrupt("is too short for its checksum");
      const message = bytes.subarray(magic.length, end);
      const sum = hash("md5").update(message).digest();
      if (!sum.equals(bytes.subarray(end))) throw corrupt("does not match its checksum");
      const partitionKeys: string[] = [];
      const hashKeys: string[] = [];
      const records: Uint8Array[] = [];
      for (const { bytes: value, number } of fieldsOf(message)) {
        if (value === undefined) continue;
        if (number === 1) partitionKeys.push(textOf(value));
        else if (number === 2) hashKeys.push(textOf(value));
        else if (number === 3) records.push(value);
      }
      return records.map((record) => recordIn(record, partitionKeys, hashKeys));
    },
  };
}

/**
 * Packs records into an aggregate, for producers.
 *
 * @param records at least one
 * @returns what goes into the data of one Kinesis record; the caller sees to the limit of 1 MiB
 */
export function packAggregate(records: readonly UserRecord[]): Uint8Array {
  const partitionKeys = tableOf(records.map(({ partitionKey }) => partitionKey));
  const hashKeys = tableOf(records.map(({ explicitHashKey }) => explicitHashKey));
  const parts: Uint8Array[] = [];
  for (const key of partitionKeys.keys()) addBytes(parts, 1, Buffer.from(key, "utf8"));
  for (const key of hashKeys.keys()) addBytes(parts, 2, Buffer.from(key, "utf8"));
  for (const { data, explicitHashKey, partitionKey } of records) {
    const head: number[] = [];
    addNumber(head, 1, partitionKeys.get(partitionKey)!);
    if (explicitHashKey !== undefined) addNumber(head, 2, hashKeys.get(explicitHashKey)!);
    addLength(head, 3, data.length);
    const before: number[] = [];
    addLength(before, 3, head.length + data.length);
    parts.push(Uint8Array.from([...before, ...head]), data);
  }
  const message = Buffer.concat(parts);
  const checksum = createHash("md5").update(message).digest();
  return Buffer.concat([Buffer.from(MAGIC), message, checksum]);
}

/** Each key once, with its place in the table. */
function tableOf(keys: readonly (string | undefined)[]): Map<string, number> {
  const table = new Map<string, number>();
  for (const key of keys) if (key !== undefined && !table.has(key)) table.set(key, table.size);
  return table;
}

function addNumber(bytes: number[], field: number, value: number): void {
  addVarint(bytes, field * 8);
  addVarint(bytes, value);
}

/** What stands before a field's bytes: its tag, and how many they are. */
function addLength(bytes: number[], field: number, length: number): void {
  addVarint(bytes, field * 8 + 2);
  addVarint(bytes, length);
}

function addBytes(parts: Uint8Array[], field: number, value: Uint8Array): void {
  const before: number[] = [];
  addLength(before, field, value.length);
  parts.push(Uint8Array.from(before), value);
}

function addVarint(bytes: number[], value: number): void {
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  bytes.push(left);
}
