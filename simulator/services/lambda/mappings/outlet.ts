import type { Account } from "../../account";
import { ServiceError } from "../../errors";
import type { StreamRecord, StreamSource } from "../../stream-source";
import type { Invocation } from "../invocation";
import { type Discarded, createDeadLetter } from "./dead-letter";
import type { DecisionKind, StreamDecision } from "./decision";
import type { StreamMappingSettings } from "./settings";
import { isoSeconds, type WindowCall, windowMembers, type WindowPart } from "./tumbling-window";

/** Where in a mapping something happens. */
export interface LanePlace {
  readonly shardId: string;
  readonly index: number;
}

/** What may be said about a decision besides its kind and records. */
export interface DecisionDetails {
  readonly attempt: number;
  readonly requestId?: string;
  readonly reason?: string;
  readonly window?: WindowPart;
}

/** What an invocation is to be sent. */
export interface Parcel {
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  readonly window?: WindowCall;
}

/** An attempt to invoke that was refused before there was an invocation. */
export type SendResult = Invocation | { readonly outcome: "throttled"; readonly reason: string };

/** A mapping's way out: invocations, dead letters, and the list of what it decided. */
export class MappingOutlet {
  readonly decisions: StreamDecision[] = [];
  lastProcessingResult = "No records processed";
  iteratorAgeMsMax = 0;
  /** Dead letters that their destination did not take (metric DestinationDeliveryFailures). */
  deliveryFailures = 0;
  #deliveries = 0;
  #deadLetters = 0;

  constructor(
    private readonly account: Account,
    private readonly source: StreamSource,
    private readonly settings: () => StreamMappingSettings,
  ) {}

  /** Dead letters on their way. */
  get deliveries(): number {
    return this.#deliveries;
  }

  decide(
    place: LanePlace,
    kind: DecisionKind,
    records: readonly StreamRecord[],
    details: DecisionDetails,
  ): void {
    const { name } = this.settings();
    const { shardId, index } = place;
    const atMs = this.account.kernel.now;
    const recordIds = records.map(({ eventId }) => eventId);
    this.decisions.push({ atMs, mapping: name, shardId, lane: index, kind, recordIds, ...details });
    const reason = details.reason ? ` (${details.reason})` : "";
    this.account.trace.append(
      atMs,
      `mapping ${name}: ${shardId}/${index} ${kind} ${records.length} ` +
        `from ${records[0]?.sequenceNumber}, attempt ${details.attempt}${labelOf(details)}${reason}`,
    );
  }

  /** Invokes the function. `onResult` is called once, perhaps at once. */
  send(parcel: Parcel, onResult: (result: SendResult) => void): void {
    const { records } = parcel;
    const { functionArn, name } = this.settings();
    const age = this.account.kernel.now - (records.at(-1)?.arrivedAtMs ?? Infinity);
    this.iteratorAgeMsMax = Math.max(this.iteratorAgeMsMax, age);
    try {
      this.account.services.lambda.invoke({
        functionName: functionArn,
        event: () => this.#eventOf(parcel),
        recordCount: records.length,
        identity: records[0]?.eventId ?? `${parcel.shardId}${labelOf(parcel)}`,
        recordIds: records.map(({ eventId }) => eventId),
        source: `mapping ${name}`,
        onOutcome: onResult,
      });
    } catch (cause) {
      // Refused before the handler, for instance because the function is gone: no retry is used.
      if (!(cause instanceof ServiceError)) throw cause;
      onResult({ outcome: "throttled", reason: `${cause.code}: ${cause.message}` });
    }
  }

  /** Gives records up, and writes a dead letter if the mapping has a destination. */
  discard(place: LanePlace, discarded: Discarded, attempt: number): void {
    const { lastFailure, reason, records } = discarded;
    const window = discarded.window && partOf(discarded.window);
    const requestId = lastFailure?.requestId;
    const details = { attempt, requestId, reason, ...(window ? { window } : {}) };
    this.decide(place, "discard", records, details);
    const settings = this.settings();
    const { functionArn, onFailureArn, uuid } = settings;
    if (onFailureArn === undefined || !this.#isReported(discarded)) return;
    const deadLetter = createDeadLetter(discarded, this.source, settings, {
      identity: `${this.account.random.seed} ${uuid} dead letter ${++this.#deadLetters}`,
      nowMs: this.account.kernel.now,
      payload: () => this.#eventOf(discarded),
    });
    this.#deliveries++;
    const role = this.#roleOf(functionArn) ?? "";
    this.account.services.lambda.deliverToDestination(role, onFailureArn, deadLetter, (error) => {
      this.#deliveries--;
      if (!error) return;
      // Assumption: destination.failure.
      this.account.assumptions.choice("destination.failure");
      this.deliveryFailures++;
      const refusal = `${onFailureArn}: ${error.message}`;
      this.decide(place, "dead-letter-lost", records, { ...details, reason: refusal });
    });
  }

  #isReported({ records }: Discarded): boolean {
    if (records.length > 0) return true;
    return this.account.assumptions.choice("windows.finalDeadLetter") === "empty-batch";
  }

  #eventOf({ records, shardId, window }: Parcel): object {
    const event = { Records: this.#entriesOf(records) };
    return window ? { ...event, ...windowMembers(window, shardId, this.source.arn) } : event;
  }

  #entriesOf(records: readonly StreamRecord[]): object[] {
    if (this.source.kind !== "kinesis") return records.map((record) => record.toEvent());
    // Kinesis does not know who reads; Lambda says so in each record.
    const invokeIdentityArn = this.#roleOf(this.settings().functionArn);
    return records.map((record) => ({ ...record.toEvent(), invokeIdentityArn }));
  }

  #roleOf(functionArn: string): string | undefined {
    return this.account.services.lambda.find(functionArn)?.settings.roleArn;
  }
}

/** A window in a trace; nothing without one. */
function labelOf({ window }: { readonly window?: WindowPart }): string {
  if (!window) return "";
  const { isFinal, isTerminatedEarly, startMs } = window;
  return `, window ${isoSeconds(startMs)}${isFinal ? " final" : ""}${isTerminatedEarly ? " early" : ""}`;
}

/** What decisions tell of a call: not the state. */
export function partOf({ startMs, endMs, isFinal, isTerminatedEarly }: WindowCall): WindowPart {
  return { startMs, endMs, isFinal, isTerminatedEarly };
}
