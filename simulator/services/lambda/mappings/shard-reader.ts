import { hash32 } from "../../../kernel/random";
import type { StreamRecord } from "../../stream-source";
import { Lane, type LaneContext } from "./lane";
import { PollClock } from "./poll-clock";

/** Reads one shard for a mapping: hands each record to its lane. */
export class ShardReader {
  readonly #clock: PollClock;
  #lanes: readonly Lane[] = [];
  /** While the lanes are being regrouped: every record that no invocation holds. */
  #held?: StreamRecord[];

  constructor(
    private readonly context: LaneContext,
    private readonly shardId: string,
  ) {
    const { account, settings, source } = context;
    const intervalMs = account.assumptions.number(`${source.kind}.pollMs`);
    const phase = account.random.keyed("mapping poll", settings.name, shardId);
    this.#clock = new PollClock(intervalMs, Math.floor(phase * intervalMs));
    this.#createLanes();
  }

  admit(record: StreamRecord): void {
    if (this.#held) this.#held.push(record);
    else this.#lanes[this.#laneOf(record)]!.admit(record);
  }

  advance(): void {
    for (const lane of this.#lanes) lane.advance();
  }

  pause(): void {
    for (const lane of this.#lanes) lane.pause();
  }

  /**
   * After a change of the parallelization factor. Invocations in flight come to their end first, so that
   * no key is ever in two lanes; then all other records are dealt out again, with fresh retry counters.
   */
  regroup(): void {
    this.#held ??= [];
    for (const lane of this.#lanes) this.#held.push(...lane.retire());
    this.#dealOut();
  }

  /** After a change of the mapping's filters. */
  refilter(): void {
    for (const lane of this.#lanes) lane.refilter();
  }

  pending(): string[] {
    const lanes = this.#lanes.flatMap(({ pending }) => pending ?? []);
    const held = this.#held?.length ?? 0;
    return held > 0 ? [...lanes, `${this.shardId}: ${held} waiting for new lanes`] : lanes;
  }

  #createLanes(): void {
    const { parallelizationFactor } = this.context.settings;
    this.#lanes = Array.from(
      { length: parallelizationFactor },
      (_, index) =>
        new Lane(this.context, this.#clock, this.shardId, index, (lane) => this.#onLanded(lane)),
    );
  }

  // Assumption: stream.lanes.
  #laneOf({ orderingKey }: StreamRecord): number {
    if (this.#lanes.length === 1) return 0;
    this.context.account.assumptions.choice("stream.lanes");
    return hash32(orderingKey) % this.#lanes.length;
  }

  #onLanded(lane: Lane): void {
    if (!this.#held || !this.#lanes.includes(lane)) return;
    this.#held.push(...lane.retire());
    this.#dealOut();
  }

  #dealOut(): void {
    if (!this.#held || this.#lanes.some((lane) => lane.inFlight)) return;
    const records = this.#held.sort(bySequenceNumber);
    this.#held = undefined;
    this.#createLanes();
    for (const record of records) this.admit(record);
  }
}

function bySequenceNumber(a: StreamRecord, b: StreamRecord): number {
  return BigInt(a.sequenceNumber) < BigInt(b.sequenceNumber) ? -1 : 1;
}
