import type { SimulatedAws } from "../../../simulator";
import type { Image, Write } from "../../account";
import type { RecordClass } from "../../aggregation/classify";
import type { Part } from "../../aggregation/multiplicity";
import { partOf, recordsOf } from "../../aggregation/multiplicity";
import type { Findings, FinishedRun } from "../../aggregation/scoring";
import { rowSums, textOf } from "../../aggregation/sums";
import { FUNCTION_ROLES, FUNCTIONS } from "../../aggregation/topology";
import { inOrder, type Life, type LifeStep } from "./life";
import { mappingLife } from "./mapping-life";

/** A finished run of the aggregation, in an account that tells more than scoring asks. */
export interface ExaminedRun {
  readonly account: SimulatedAws;
  readonly run: FinishedRun;
  readonly found: Findings;
}

const END_OF_CLASS: Readonly<Record<RecordClass, string>> = {
  "deadLettered.bad": "It is kept in a dead letter, where it belongs: nothing can process it.",
  "deadLettered.good": "It is in a dead letter, although it could have been processed.",
  lost: "It is lost: it does not count, and nothing keeps it.",
  pending: "It is still on its way.",
  processed: "It is processed.",
  superseded: "It is superseded: another record of its entity, or an earlier copy, stands for it.",
};

/** What became of one record of the stream, through State, Map and Reduce. */
export function recordLife(examined: ExaminedRun, index: number): Life {
  const { found, run } = examined;
  const content = run.truth.contents[index];
  const steps = [
    putStep(examined, index),
    ...mappingLife(examined.account, {
      functionName: FUNCTIONS.state,
      recordId: run.eventIds[index]!,
      stage: "State",
      nameOf: namesOfRecords(run),
    }),
    ...(content === undefined ? [] : contentSteps(examined, index, content)),
  ];
  return {
    name: `record ${index}`,
    about: aboutRecord(run, index),
    steps: inOrder(steps),
    end: [END_OF_CLASS[found.classification.classes[index]!], ...endOf(found, run, index)],
  };
}

function namesOfRecords({ eventIds }: FinishedRun): (eventId: string) => string {
  const names = new Map(eventIds.map((eventId, index) => [eventId, `record ${index}`]));
  return (eventId) => names.get(eventId) ?? eventId;
}

function aboutRecord({ eventIds, truth, workload }: FinishedRun, index: number): string[] {
  const { message } = workload.records[index]!;
  const [shardId, sequenceNumber] = eventIds[index]!.split(":") as [string, string];
  const where = `On ${shardId} with sequence number ${sequenceNumber}.`;
  if (message === undefined) return ["Data that nothing can decode.", where];
  const { deleted, hierarchy, id, valueMinor, version } = message;
  const what = deleted === true ? "a deletion" : `value ${valueMinor}`;
  const content = truth.contents[index]!;
  const copies = truth.contents.flatMap((other, at) =>
    other === content && at !== index ? [at] : [],
  );
  const winner = truth.winners.get(id)!;
  const winning = truth.firstCopy.get(winner)!;
  return [
    `Entity ${id}, version ${version}, ${what} at ${hierarchy.join("::")}.`,
    where,
    ...(copies.length > 0
      ? [`The same message is record ${copies.join(" and record ")}, too.`]
      : []),
    winner === content
      ? "Its message is the one that wins in the end."
      : `Record ${winning} wins over it in the end.`,
  ];
}

function putStep({ run }: ExaminedRun, index: number): LifeStep {
  const { atMs } = run.workload.puts.find(({ records }) =>
    records.some((record) => record.index === index),
  )!;
  return { atMs: run.startMs + atMs, stage: "producer", text: "puts it on the stream" };
}

/** What State wrote of it, the rows that Map made of that, and where Reduce added them. */
function contentSteps(examined: ExaminedRun, index: number, content: string): LifeStep[] {
  const { found, run } = examined;
  const taken = found.stateWrites.filter(
    ({ after }) => after && partOf(after, 1).content === content,
  );
  const replaced = found.stateWrites.filter(
    ({ after, before }) => after && before && partOf(before, 1).content === content,
  );
  const rows = [...found.multiplicity.rows].filter(([, parts]) =>
    parts.some((part) => part.content === content),
  );
  return [
    ...taken.flatMap((write) => [
      acceptedStep(examined, write, run.eventIds[index]!),
      ...streamLife(examined, write, "Map", FUNCTIONS.map),
    ]),
    ...replaced.map((write) => ({
      atMs: write.atMs,
      stage: "State",
      text: `replaces it by version ${partOf(write.after!, 1).image["version"]?.N}`,
      requestId: write.requestId,
    })),
    ...rows.flatMap(([id, parts]) => rowSteps(examined, id, parts, content)),
  ];
}

function acceptedStep({ found }: ExaminedRun, write: Write, eventId: string): LifeStep {
  const event = write.requestId && found.invocations.get(write.requestId)?.event;
  const isOwn = recordsOf(event).some(({ eventID }) => eventID === eventId);
  const over = write.before ? ` over version ${write.before["version"]?.N}` : "";
  const whose = isOwn ? "accepted" : "accepted from a copy of it";
  return { atMs: write.atMs, stage: "State", text: `${whose}${over}`, requestId: write.requestId };
}

/** The life of a write in its table's stream. */
function streamLife(
  { account }: ExaminedRun,
  { stream }: Write,
  stage: string,
  functionName: string,
): LifeStep[] {
  if (stream === undefined) return [];
  const nameOf = (eventId: string): string => `…${eventId.slice(-6)}`;
  return mappingLife(account, { functionName, recordId: stream.eventId, stage, nameOf });
}

function rowSteps(
  examined: ExaminedRun,
  id: string,
  parts: readonly Part[],
  content: string,
): LifeStep[] {
  const { found } = examined;
  const write = found.outboxWrites.find(
    ({ after, before }) => !before && after && textOf(after, "id") === id,
  )!;
  const net = parts.reduce((sum, part) => sum + (part.content === content ? part.sign : 0), 0);
  const does = net > 0 ? "adds it" : net < 0 ? "takes it back" : "adds it and takes it back";
  const others = new Set(parts.map((part) => part.content)).size - 1;
  const beside = others === 0 ? "" : `, with ${others} other${others === 1 ? "" : "s"}`;
  const row = `row ${id.slice(0, 8)}…`;
  const image = write.after!;
  return [
    {
      atMs: write.atMs,
      stage: stageOf(examined, write.requestId),
      text: `writes outbox ${row}, which ${does}${beside}`,
      requestId: write.requestId,
    },
    ...streamLife(examined, write, "Reduce", FUNCTIONS.reduce),
    ...(found.multiplicity.applications.get(id) ?? []).map(({ atMs, requestId }) => ({
      atMs,
      stage: stageOf(examined, requestId),
      text: `adds ${row} to the aggregates: ${groupsIn(image)}`,
      requestId,
    })),
  ];
}

/** The role of the function that an invocation is of: a sweep or a repair may do what others did not. */
function stageOf({ account }: ExaminedRun, requestId: string | undefined): string {
  const role = FUNCTION_ROLES.find((each) =>
    account.invocations(FUNCTIONS[each]).some((run) => run.requestId === requestId),
  );
  return role === undefined ? "someone" : role[0]!.toUpperCase() + role.slice(1);
}

const GROUPS_NAMED_MAX = 4;

function groupsIn(row: Image): string {
  const groups = [...rowSums(row)].map(
    ([group, value]) => `${group} ${value > 0n ? "+" : "−"}${value > 0n ? value : -value}`,
  );
  if (groups.length === 0) return "nothing changes";
  const named = groups.slice(0, GROUPS_NAMED_MAX).join(", ");
  return groups.length > GROUPS_NAMED_MAX
    ? `${named}, and ${groups.length - GROUPS_NAMED_MAX} more`
    : named;
}

/** How often its message counts, and where dead letters hold it. */
function endOf(found: Findings, { truth }: FinishedRun, index: number): string[] {
  const content = truth.contents[index];
  const letters = found.deadLettered;
  const isDead =
    letters.records.has(index) || (content !== undefined && letters.contents.has(content));
  if (content === undefined) return [];
  const id = content.slice(0, content.lastIndexOf(" ", content.lastIndexOf(" ") - 1));
  const held = found.accepted.contents.get(id);
  const due = held === content ? 1 : 0;
  const net = found.multiplicity.net.get(content) ?? 0;
  const times = net === 1 ? "once" : `${net} times`;
  const taken = found.stateWrites.some(
    ({ after }) => after && partOf(after, 1).content === content,
  );
  return [
    ...(taken || held === undefined ? [] : [`State never took it: ${heldInWords(id, held)}.`]),
    `Its message counts ${times} in the aggregates` +
      (net === due
        ? "."
        : `; by what State holds at the end it should count ${due === 1 ? "once" : "0 times"}.`),
    ...(isDead ? ["A dead letter holds it."] : []),
  ];
}

/** Contents are an id, a version and a hash. */
function heldInWords(id: string, held: string): string {
  const [version] = held.slice(id.length + 1).split(" ");
  return `it holds version ${version} of ${id}`;
}
