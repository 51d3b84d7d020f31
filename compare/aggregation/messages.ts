import { createHash } from "node:crypto";
import type { Message } from "../../handlers/messages";
import { createDraws, type Draws } from "../draws";
import { START_AT_MS } from "../workloads";
import type { ProducedRecord, Put } from "./workload";

const RECORDS_PER_PUT = 40;
/** One record in eight is a copy of an earlier one: 5 of a full put. */
const RECORDS_PER_COPY = 8;
/** The mappings get a second to begin to poll. */
const FIRST_PUT_MS = 1_000;
/** The puts are spread over ten seconds, however few they are; more than 250 keep the rate. */
const SPREAD_MS_MIN = 10_000;
const STEP_MS = 40;

const HIGHER_SHARE = 0.03;
const LATE_SHARE = 0.005;
const TIED_SHARE = 0.005;
const VALUE_MINOR_MAX = 1_000_000;

/** Two books of two desks of three strategies: 2 + 4 + 12 nodes of the tree. */
export const LEAVES: readonly (readonly [string, string, string])[] = ["rates", "credit"].flatMap(
  (book) =>
    ["east", "west"].flatMap((desk) =>
      ["carry", "hedge", "value"].map((strategy) => [book, desk, strategy] as const),
    ),
);

/** What a record is, besides a copy of an earlier one. */
type Kind =
  /** The first message of an entity. */
  | "first"
  /** A version above all earlier ones of its entity. */
  | "higher"
  /** A version below the newest that comes after it. */
  | "late"
  /** The newest version once more, with another payload. */
  | "tied"
  /** Data that nothing can decode. */
  | "undecodable";

/** How many records of a kind a burst of `messages` records holds. */
export function countOf(kind: "higher" | "late" | "tied" | "copy", messages: number): number {
  if (kind === "higher") return Math.round(messages * HIGHER_SHARE);
  if (kind === "late") return Math.round(messages * LATE_SHARE);
  if (kind === "tied") return Math.round(messages * TIED_SHARE);
  const fullPuts = Math.floor(messages / RECORDS_PER_PUT);
  const perPut = RECORDS_PER_PUT / RECORDS_PER_COPY;
  return fullPuts * perPut + Math.floor((messages % RECORDS_PER_PUT) / RECORDS_PER_COPY);
}

interface Entity {
  readonly id: string;
  newest: Message;
  readonly versions: Set<number>;
}

interface Entities {
  readonly all: Entity[];
  /** Those that messages may refer to, in the same order. */
  readonly known: Entity[];
}

/** The puts of a burst, and the ids that have one message only. */
export interface GeneratedPuts {
  readonly puts: readonly Put[];
  readonly records: readonly ProducedRecord[];
  /** Entities with one version, first sent in neither the first nor the last tenth of the burst. */
  readonly plainIds: readonly string[];
}

/**
 * @param messages records in all, at least 8
 * @param undecodable how many of them hold data that nothing can decode
 */
export function generatePuts(seed: number, messages: number, undecodable: number): GeneratedPuts {
  const copies = countOf("copy", messages);
  const kinds = planKinds(seed, messages, messages - copies, undecodable);
  const draws = createDraws(seed, "workload.messages");
  const putCount = Math.ceil(messages / RECORDS_PER_PUT);
  const stepMs = Math.max(STEP_MS, Math.floor(SPREAD_MS_MIN / putCount));
  const entities: Entities = { all: [], known: [] };
  const records: ProducedRecord[] = [];
  const decodable: ProducedRecord[] = [];
  const puts: Put[] = [];
  let originals = 0;

  for (let put = 0; put < putCount; put += 1) {
    const atMs = FIRST_PUT_MS + put * stepMs;
    const size = Math.min(RECORDS_PER_PUT, messages - put * RECORDS_PER_PUT);
    const copiesHere = Math.floor(size / RECORDS_PER_COPY);
    const first = records.length;
    for (let position = 0; position < size - copiesHere; position += 1) {
      const kind = kinds[originals]!;
      originals += 1;
      records.push(originalRecord(kind, records.length, atMs, entities, draws));
      if (kind !== "undecodable") decodable.push(records.at(-1)!);
    }
    // Copies come last, so that those of the first put have something to copy.
    for (let copy = 0; copy < copiesHere; copy += 1) {
      records.push({ ...draws.pick(decodable), index: records.length });
    }
    puts.push({ atMs, records: records.slice(first) });
  }
  return { puts, records, plainIds: plainIdsOf(entities.all) };
}

/** Draws which originals are what. Those of the first put stay plain: the others refer to earlier ones. */
function planKinds(seed: number, messages: number, originals: number, undecodable: number): Kind[] {
  const kinds = new Array<Kind>(originals).fill("first");
  const plainAtFirst = Math.min(RECORDS_PER_PUT, Math.ceil(originals / 4));
  const free = kinds.map((_, position) => position).slice(plainAtFirst);
  const wanted = [
    ...new Array<Kind>(countOf("higher", messages)).fill("higher"),
    ...new Array<Kind>(countOf("late", messages)).fill("late"),
    ...new Array<Kind>(countOf("tied", messages)).fill("tied"),
  ];
  const draws = createDraws(seed, "workload.kinds");
  const slots = shuffle(draws.sample(free, wanted.length), draws);
  slots.forEach((slot, position) => (kinds[slot] = wanted[position]!));
  const left = free.filter((position) => kinds[position] === "first");
  const poison = createDraws(seed, "workload.undecodable").sample(left, undecodable);
  for (const slot of poison) kinds[slot] = "undecodable";
  return kinds;
}

function shuffle<T>(items: readonly T[], draws: Draws): T[] {
  const shuffled = [...items];
  for (let position = shuffled.length - 1; position > 0; position -= 1) {
    const other = draws.integer(0, position);
    [shuffled[position], shuffled[other]] = [shuffled[other]!, shuffled[position]!];
  }
  return shuffled;
}

function originalRecord(
  kind: Kind,
  index: number,
  atMs: number,
  entities: Entities,
  draws: Draws,
): ProducedRecord {
  const message = messageOf(kind, atMs, entities, draws);
  const text = JSON.stringify(message);
  // A producer renamed a field: JSON still, and no message. V8 takes some 0.1 ms to refuse a text that is no JSON,
  // which a shard that is blocked for a day asks of it thousands of times.
  const data = kind === "undecodable" ? text.replace('"version":', '"revision":') : text;
  const partitionKey = createHash("sha256").update(text).digest("hex");
  return { index, data, partitionKey, ...(kind !== "undecodable" && { message }) };
}

function messageOf(kind: Kind, atMs: number, entities: Entities, draws: Draws): Message {
  const valueMinor = draws.integer(-VALUE_MINOR_MAX, VALUE_MINOR_MAX);
  const hierarchy = draws.pick(LEAVES);
  const producedAt = START_AT_MS + atMs;
  if (kind === "first" || kind === "undecodable") {
    const id = `trade-${String(entities.all.length).padStart(6, "0")}`;
    // Version 0 is left free: it comes late, if at all.
    const message = { id, hierarchy, version: 1, valueMinor, producedAt };
    // An entity that cannot be decoded is never referred to, but keeps its number.
    const versions = kind === "undecodable" ? [] : [1];
    const entity = { id, newest: message, versions: new Set(versions) };
    entities.all.push(entity);
    if (kind !== "undecodable") entities.known.push(entity);
    return message;
  }
  const entity = pickEntity(kind, entities, draws);
  const { newest } = entity;
  const version = versionOf(kind, entity, draws);
  const changed = valueMinor === newest.valueMinor ? valueMinor + 1 : valueMinor;
  const message = { id: entity.id, hierarchy, version, valueMinor: changed, producedAt };
  entity.versions.add(version);
  if (version >= newest.version) entity.newest = message;
  return message;
}

/** Half of the late and tied messages concern entities that have changed already, where there are any. */
function pickEntity(kind: Kind, entities: Entities, draws: Draws): Entity {
  const { known: all } = entities;
  const known = kind === "late" ? all.filter((entity) => gapBelow(entity) !== undefined) : all;
  const preferChanged = kind !== "higher" && draws.integer(0, 1) === 1;
  const changed = preferChanged ? known.filter(({ versions }) => versions.size > 1) : [];
  return draws.pick(changed.length > 0 ? changed : known);
}

/** The highest version below the newest that has not been sent. */
function gapBelow(entity: Entity): number | undefined {
  for (let version = entity.newest.version - 1; version >= 0; version -= 1) {
    if (!entity.versions.has(version)) return version;
  }
  return undefined;
}

function versionOf(kind: Kind, entity: Entity, draws: Draws): number {
  if (kind === "tied") return entity.newest.version;
  if (kind === "late") return gapBelow(entity)!;
  // A version that is skipped may come late.
  return entity.newest.version + draws.integer(1, 2);
}

function plainIdsOf(entities: readonly Entity[]): string[] {
  const margin = Math.floor(entities.length / 10);
  return entities
    .slice(margin, entities.length - margin)
    .filter(({ versions }) => versions.size === 1)
    .map(({ id }) => id);
}
