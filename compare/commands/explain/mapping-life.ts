import type { Invocation, MappingDecision, SimulatedAws } from "../../../simulator";
import { windowText, type LifeStep } from "./life";

/** A mapping's step with a record in it, and what followed from it. */
interface Delivery {
  readonly send: MappingDecision;
  readonly after: MappingDecision[];
}

/** Decisions that answer no send: they stand for themselves, wherever they come. */
const ALONE = new Set(["filtered", "expired", "dead-letter-lost", "undeleted"]);

export interface MappingQuestion {
  /** The function's logical name. */
  readonly functionName: string;
  /** An event id, or a message id. */
  readonly recordId: string;
  /** How the stage is called. */
  readonly stage: string;
  /** How another record of the batch is called. */
  readonly nameOf: (recordId: string) => string;
}

/** Every delivery of one record by the mappings of a function, and what each of them decided about it. */
export function mappingLife(account: SimulatedAws, question: MappingQuestion): LifeStep[] {
  const { functionName, recordId } = question;
  const runs = new Map<string, Invocation>();
  for (const run of account.invocations(functionName)) runs.set(run.requestId, run);
  return account
    .mappings()
    .filter((mapping) => mapping.function === functionName)
    .flatMap(({ decisions }) => stepsWith(decisions, recordId))
    .map((found) =>
      "send" in found ? deliveryStep(found, question, runs) : aloneStep(found, question),
    );
}

/** The deliveries of a record, and the decisions about it that are none. */
function stepsWith(
  decisions: readonly MappingDecision[],
  recordId: string,
): (Delivery | MappingDecision)[] {
  const found: (Delivery | MappingDecision)[] = [];
  /** By lane: the delivery under way. A lane has one at a time; a queue, which has none, one with this message. */
  const open = new Map<string, Delivery>();
  for (const decision of decisions) {
    const { kind, lane, recordIds, shardId } = decision;
    const isIn = recordIds.includes(recordId);
    if (!isIn && shardId === undefined) continue;
    const place = `${shardId}/${lane}`;
    if (kind === "send") {
      open.delete(place);
      if (!isIn) continue;
      const delivery = { send: decision, after: [] };
      open.set(place, delivery);
      found.push(delivery);
      continue;
    }
    const delivery = ALONE.has(kind) ? undefined : open.get(place);
    if (delivery !== undefined) delivery.after.push(decision);
    else if (isIn) found.push(decision);
  }
  return found;
}

function deliveryStep(
  { after, send }: Delivery,
  { nameOf, recordId, stage }: MappingQuestion,
  runs: ReadonlyMap<string, Invocation>,
): LifeStep {
  const { atMs, attempt, recordIds } = send;
  const window = send.window && windowText(send.window.startMs);
  const batch = {
    size: recordIds.length,
    position: recordIds.indexOf(recordId) + 1,
    first: nameOf(recordIds[0]!),
    last: nameOf(recordIds.at(-1)!),
  };
  const own = after.find((each) => each.recordIds.includes(recordId)) ?? after[0];
  const requestId = own?.requestId;
  const run = requestId === undefined ? undefined : runs.get(requestId);
  const outcome = own?.kind === "throttled" ? "throttled" : run?.outcome;
  const where =
    batch.size === 1
      ? "alone"
      : `as ${batch.position} of ${batch.size} (${batch.first} to ${batch.last})`;
  const ended = own === undefined ? "still running" : endingOf(own, recordId, run);
  const within = window === undefined ? "" : `, window ${window}`;
  const text = `delivered ${where}${within}, attempt ${attempt}: ${ended}`;
  return { atMs, stage, text, attempt, batch, outcome, requestId, ...(window && { window }) };
}

/** How the invocation ended for this record, and what the mapping did then. */
function endingOf(
  { attempt, kind, reason, recordIds }: MappingDecision,
  recordId: string,
  run: Invocation | undefined,
): string {
  const failed = run === undefined || run.outcome === "ok" ? (reason ?? "failed") : failureOf(run);
  const isIn = recordIds.includes(recordId);
  switch (kind) {
    case "ok":
      return "ok";
    case "checkpoint":
      return isIn
        ? `ok, the checkpoint is behind it (${recordIds.length} done)`
        : `partial → checkpoint: the ${recordIds.length} before are done, this one and what follows come again`;
    case "split":
      return `${failed} → bisected`;
    case "retry":
      return `${failed} → the same batch again`;
    case "discard":
      return isIn || recordIds.length === 0
        ? `${failed} → given up: ${reason} (attempt ${attempt})`
        : `${failed} → those before it are given up, this one comes again`;
    case "throttled":
      return `not run (${reason}) → again, no retry used`;
    case "returned":
      return `${failed} → back to the queue until it is visible again`;
    case "unsent":
      return `not run (${reason}) → back to the queue`;
    default:
      return kind;
  }
}

function failureOf({ error, outcome }: Invocation): string {
  return error === undefined ? `${outcome}` : `${outcome} (${error.errorMessage})`;
}

function aloneStep({ atMs, attempt, kind, reason }: MappingDecision, { stage }: MappingQuestion) {
  const why = reason === undefined ? "" : `: ${reason}`;
  const words: Readonly<Record<string, string>> = {
    filtered: "filtered out: no invocation",
    expired: `expired${why}`,
    discard: `given up before attempt ${attempt}${why}`,
    "dead-letter-lost": `its dead letter is refused and lost${why}`,
    undeleted: "done, but not deleted: it was back in the queue, and comes again",
  };
  return { atMs, stage, text: words[kind] ?? `${kind}${why}` };
}

/** The invocations that were to take the state of a tumbling window of a shard, and what became of it. */
export function closingLife(
  account: SimulatedAws,
  { functionName, shardId, stage, startMs }: ClosingQuestion,
): LifeStep[] {
  const runs = new Map(account.invocations(functionName).map((run) => [run.requestId, run]));
  const steps: LifeStep[] = [];
  let send: MappingDecision | undefined;
  for (const decision of decisionsOf(account, functionName)) {
    const { kind, requestId, window: part } = decision;
    const isEnd = part?.isFinal === true || part?.isTerminatedEarly === true;
    if (!isEnd || decision.shardId !== shardId || part.startMs !== startMs) continue;
    if (kind === "send") {
      send = decision;
      continue;
    }
    const run = requestId === undefined ? undefined : runs.get(requestId);
    const attempt = send?.attempt;
    const window = windowText(startMs);
    const ended =
      kind === "state-dropped"
        ? `its sums are gone with the state: ${decision.reason}`
        : `last invocation, attempt ${attempt}: ${endingOf(decision, "", run)}`;
    const atMs = kind === "state-dropped" ? decision.atMs : send!.atMs;
    const text = `window ${window}: ${ended}`;
    steps.push({ atMs, stage, text, attempt, outcome: run?.outcome, requestId, window });
  }
  return steps;
}

export interface ClosingQuestion {
  readonly functionName: string;
  readonly stage: string;
  readonly shardId: string;
  /** Begin of the window, in virtual milliseconds since the epoch. */
  readonly startMs: number;
}

function decisionsOf(account: SimulatedAws, functionName: string): readonly MappingDecision[] {
  return account
    .mappings()
    .filter((mapping) => mapping.function === functionName)
    .flatMap(({ decisions }) => decisions);
}
