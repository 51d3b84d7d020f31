import type { Random } from "./random";

const KINDS = [
  "before-effect",
  "after-commit",
  "kill",
  "response-lost",
  "sdk-error",
  "timeout",
  "throttle",
  "down",
  "poison",
  "entries",
  "delivery",
] as const;

/** What goes wrong. See `Fault`. */
export type FaultKind = (typeof KINDS)[number];

/**
 * A planned fault. Exactly one of `probability`, `at` and `match` says what it hits; `throttle`, `down` and `delivery`
 * need none: they hit everything within their interval.
 */
export interface Fault {
  /** The function it hits, by logical name; for `delivery` the EventBridge rule. */
  readonly function: string;
  readonly kind: FaultKind;
  /** Of the function's invocations, 0 to 1; for `entries` of the events that it puts on a bus. */
  readonly probability?: number;
  /** One invocation (1 = the function's first) and, for faults of calls, one call in it (1 = first). */
  readonly at?: { readonly invocation: number; readonly call?: number };
  /** `poison`: writes whose key holds one of `keys` fail in the first `times` invocations that try. */
  readonly match?: { readonly keys: readonly string[]; readonly times: number };
  /** `sdk-error`: the service's error (default `InternalServerError`), and whether the call took effect. */
  readonly error?: { readonly code: string; readonly effect: boolean };
  /** Virtual milliseconds since the epoch: from when (included) … */
  readonly from?: number;
  /** … until when (excluded) it is active. */
  readonly until?: number;
}

/** A fault with how often it was planned to hit, and how often it did. */
export interface FaultCount {
  readonly fault: Fault;
  readonly planned: number;
  readonly hit: number;
}

/** Marks one planned strike as having hit; calling it twice counts once. */
export interface Strike {
  readonly fault: Fault;
  hit(): void;
}

/** What the plan holds for one invocation. Calls are counted from 1, the return comes after the last. */
export interface InvocationFaults {
  readonly failBefore?: Strike;
  readonly failAfter?: Strike;
  /** By the call they come at. */
  readonly kill?: AtCall;
  readonly responsesLost: readonly AtCall[];
  readonly sdkErrors: readonly SdkErrorAtCall[];
  readonly stall?: AtCall;
}

export interface AtCall {
  readonly call: number;
  readonly strike: Strike;
}

export interface SdkErrorAtCall extends AtCall {
  readonly code: string;
  readonly effect: boolean;
}

/** Faults of calls that are drawn strike one of the first calls; early ones more often. */
const DRAWN_CALL_MAX = 32;

const INTERVAL_KINDS: readonly FaultKind[] = ["throttle", "down", "delivery"];

/** Kinds that strike something else than an invocation or its calls. */
const ELSEWHERE: readonly FaultKind[] = ["throttle", "entries", "delivery"];

interface Counter {
  planned: number;
  hits: number;
}

/**
 * The faults of one run. Draws are keyed by what is hit (function, identity of what it was invoked for, and
 * how often that came), never by the order of draws: every strategy meets the same faults.
 */
export class FaultPlan {
  readonly #counters: Counter[];
  readonly #invocations = new Map<string, number>();
  readonly #deliveries = new Map<string, number>();
  readonly #entries = new Map<string, number>();
  /** Per poison fault and key: the invocations that have tried, each rejected. */
  readonly #poisoned = new Map<string, Set<string>>();
  #faults: readonly Fault[];

  /** @throws an `Error` that lists every fault that makes no sense. */
  constructor(
    private readonly planned: readonly Fault[],
    private readonly random: Random,
  ) {
    this.#faults = planned;
    const problems = planned.flatMap((fault, index) => problemsOf(fault, index));
    if (problems.length > 0) throw new Error(`Faults refused:\n${problems.join("\n")}`);
    this.#counters = planned.map((fault) => ({ planned: plannedAtFirst(fault), hits: 0 }));
  }

  /** The functions that faults name. */
  get functions(): string[] {
    const named = this.planned.filter(({ kind }) => kind !== "delivery");
    return [...new Set(named.map((fault) => fault.function))];
  }

  /** The rules that faults name. */
  get rules(): string[] {
    const named = this.planned.filter(({ kind }) => kind === "delivery");
    return [...new Set(named.map((fault) => fault.function))];
  }

  /** Whatever was wrong is mended: nothing is hit any more. */
  end(): void {
    this.#faults = [];
  }

  counts(): FaultCount[] {
    return this.planned.map((fault, index) => {
      const { planned, hits } = this.#counters[index]!;
      return { fault, planned, hit: hits };
    });
  }

  /** Whether an invocation is throttled before it reaches the function. */
  throttles(functionName: string, nowMs: number): boolean {
    for (const [index, fault] of this.#faults.entries()) {
      if (fault.kind !== "throttle" || fault.function !== functionName) continue;
      if (!isActive(fault, nowMs)) continue;
      this.#strike(index).hit();
      return true;
    }
    return false;
  }

  /** What happens to an invocation that begins now. */
  forInvocation(functionName: string, identity: string, nowMs: number): InvocationFaults {
    const ordinal = increment(this.#invocations, functionName);
    const attempt = increment(this.#deliveries, `${functionName}\n${identity}`);
    const responsesLost: AtCall[] = [];
    const sdkErrors: SdkErrorAtCall[] = [];
    const plan: { -readonly [K in keyof InvocationFaults]: InvocationFaults[K] } = {
      responsesLost,
      sdkErrors,
    };
    for (const [index, fault] of this.#faults.entries()) {
      if (fault.function !== functionName || fault.match) continue;
      if (ELSEWHERE.includes(fault.kind)) continue;
      const drawn = fault.at
        ? fault.at.invocation === ordinal
        : isActive(fault, nowMs) &&
          this.random.keyed(`fault ${index}`, functionName, identity, attempt) <
            (fault.probability ?? 1);
      if (!drawn) continue;
      const strike = this.#strike(index);
      const place = { call: fault.at?.call ?? this.#drawCall(index, identity, attempt), strike };
      if (fault.kind === "before-effect" || fault.kind === "down") plan.failBefore ??= strike;
      else if (fault.kind === "after-commit") plan.failAfter ??= strike;
      else if (fault.kind === "kill") plan.kill ??= place;
      else if (fault.kind === "response-lost") responsesLost.push(place);
      else if (fault.kind === "timeout") plan.stall ??= place;
      else if (fault.kind === "sdk-error") {
        const effect = this.random.keyed(`fault ${index} effect`, identity, attempt) < 0.5;
        sdkErrors.push({ ...place, ...(fault.error ?? { code: "InternalServerError", effect }) });
      }
    }
    return plan;
  }

  /** Whether a write that concerns `keys` is rejected in this invocation. */
  poisons(
    functionName: string,
    requestId: string,
    keys: readonly string[],
    nowMs: number,
  ): boolean {
    let rejected = false;
    for (const [index, fault] of this.#faults.entries()) {
      if (!fault.match || fault.function !== functionName || !isActive(fault, nowMs)) continue;
      for (const key of fault.match.keys) {
        if (!keys.includes(key)) continue;
        const tried = this.#triedBy(`${index}\n${key}`);
        if (tried.has(requestId)) rejected = true;
        else if (tried.size < fault.match.times) {
          tried.add(requestId);
          this.#counters[index]!.hits++;
          rejected = true;
        }
      }
    }
    return rejected;
  }

  /**
   * Whether an event that a function puts on a bus is refused, while the request as a whole succeeds.
   *
   * @param identity what the event says: the same one is drawn anew each time it is put
   */
  failsEntry(functionName: string, identity: string, nowMs: number): boolean {
    const attempt = increment(this.#entries, `${functionName}\n${identity}`);
    let fails = false;
    for (const [index, fault] of this.#faults.entries()) {
      if (fault.kind !== "entries" || fault.function !== functionName) continue;
      if (!isActive(fault, nowMs)) continue;
      const draw = this.random.keyed(`fault ${index}`, functionName, identity, attempt);
      if (fails || draw >= (fault.probability ?? 1)) continue;
      this.#strike(index).hit();
      fails = true;
    }
    return fails;
  }

  get hasEntryFaults(): boolean {
    return this.#faults.some(({ kind }) => kind === "entries");
  }

  /** Whether an attempt to deliver an event to a target of a rule fails. */
  failsDelivery(rule: string, nowMs: number): boolean {
    for (const [index, fault] of this.#faults.entries()) {
      if (fault.kind !== "delivery" || fault.function !== rule) continue;
      if (!isActive(fault, nowMs)) continue;
      this.#strike(index).hit();
      return true;
    }
    return false;
  }

  get hasPoison(): boolean {
    return this.#faults.some((fault) => fault.match !== undefined);
  }

  #triedBy(key: string): Set<string> {
    let tried = this.#poisoned.get(key);
    if (!tried) this.#poisoned.set(key, (tried = new Set()));
    return tried;
  }

  #strike(index: number): Strike {
    const counter = this.#counters[index]!;
    if (!this.planned[index]!.at) counter.planned++;
    let done = false;
    return {
      fault: this.planned[index]!,
      hit: () => {
        if (!done) counter.hits++;
        done = true;
      },
    };
  }

  #drawCall(index: number, identity: string, attempt: number): number {
    const draw = this.random.keyed(`fault ${index} call`, identity, attempt);
    return Math.floor(DRAWN_CALL_MAX ** draw);
  }
}

/** What names its targets is planned from the start: a target that never comes must show. */
function plannedAtFirst({ at, match }: Fault): number {
  if (match) return match.keys.length * match.times;
  return at ? 1 : 0;
}

function isActive({ from = -Infinity, until = Infinity }: Fault, nowMs: number): boolean {
  return from <= nowMs && nowMs < until;
}

function increment(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

function problemsOf(fault: Fault, index: number): string[] {
  const name = `  fault ${index + 1} (${fault.kind} of ${fault.function}):`;
  const problems: string[] = [];
  if (!KINDS.includes(fault.kind)) problems.push(`${name} no such kind; ${KINDS.join(", ")} are`);
  if (fault.error && fault.kind !== "sdk-error") {
    problems.push(`${name} \`error\` goes with sdk-error alone`);
  }
  const given = [fault.probability, fault.at, fault.match].filter(
    (way) => way !== undefined,
  ).length;
  if (INTERVAL_KINDS.includes(fault.kind)) {
    const what = fault.kind === "delivery" ? "deliveries" : "invocations";
    if (given > 0) problems.push(`${name} hits all ${what} from … until …; takes nothing else`);
  } else if (given !== 1) {
    problems.push(`${name} needs exactly one of probability, at and match, got ${given}`);
  }
  if ((fault.kind === "poison") !== (fault.match !== undefined) && given === 1) {
    problems.push(`${name} \`match\` goes with poison, and poison needs it`);
  }
  if (fault.kind === "entries" && fault.at) {
    problems.push(`${name} needs a probability: entries are not counted by invocation`);
  }
  if (fault.probability !== undefined && !(fault.probability >= 0 && fault.probability <= 1)) {
    problems.push(`${name} probability must be from 0 to 1, got ${fault.probability}`);
  }
  for (const [what, number] of [
    ["at.invocation", fault.at?.invocation],
    ["at.call", fault.at?.call],
    ["match.times", fault.match?.times],
  ] as const) {
    if (number !== undefined && !(Number.isInteger(number) && number >= 1)) {
      problems.push(`${name} ${what} must be a whole number from 1, got ${number}`);
    }
  }
  if (fault.from !== undefined && fault.until !== undefined && fault.from >= fault.until) {
    problems.push(`${name} from (${fault.from}) must lie before until (${fault.until})`);
  }
  return problems;
}
