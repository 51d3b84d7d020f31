import type { Account } from "../../account";
import type { StreamRecord, StreamShard, StreamSource } from "../../stream-source";
import type { StreamDecision } from "./decision";
import type { LaneContext } from "./lane";
import type { MappingState } from "./mapping";
import { MappingOutlet } from "./outlet";
import type { StreamMappingSettings } from "./settings";
import { ShardReader } from "./shard-reader";
import { compileStreamFilters, type StreamFilter } from "./stream-filter";

/**
 * An event source mapping that reads a stream for a function: batches, retries, splits, checkpoints,
 * discards. Order is kept per lane: while its batch fails, the later records of that lane wait.
 *
 * It schedules nothing while it has no records: an append schedules the poll that will see it.
 */
export class StreamMapping {
  readonly #outlet: MappingOutlet;
  readonly #context: LaneContext;
  readonly #readers = new Map<string, ShardReader>();
  #settings: StreamMappingSettings;
  #filter: StreamFilter | undefined;
  #state: MappingState = "Creating";
  #enabledAtMs = 0;
  #unsubscribe?: () => void;

  constructor(
    private readonly account: Account,
    settings: StreamMappingSettings,
    readonly source: StreamSource,
  ) {
    this.#settings = settings;
    this.#filter = this.#compileFilter();
    this.#outlet = new MappingOutlet(account, source, () => this.#settings);
    this.#context = this.#createContext();
  }

  get settings(): StreamMappingSettings {
    return this.#settings;
  }

  get state(): MappingState {
    return this.#state;
  }

  /** `No records processed`, `OK` or `PROBLEM: …`. */
  get lastProcessingResult(): string {
    return this.#outlet.lastProcessingResult;
  }

  /** The age of the last record of a batch when it was sent, at its largest, in milliseconds. */
  get iteratorAgeMsMax(): number {
    return this.#outlet.iteratorAgeMsMax;
  }

  /** Everything it decided, in order. Append-only. */
  get decisions(): readonly StreamDecision[] {
    return this.#outlet.decisions;
  }

  /** Dead letters that their destination did not take: lost (assumption: destination.failure). */
  get deliveryFailures(): number {
    return this.#outlet.deliveryFailures;
  }

  /** Begins to read, from the starting position the first time, from where it stopped later. */
  enable(): void {
    if (this.#state === "Enabled" || this.#state === "Deleting") return;
    this.#state = "Enabled";
    this.#enabledAtMs = this.account.kernel.now;
    if (this.#unsubscribe) {
      for (const reader of this.#readers.values()) reader.advance();
      return;
    }
    this.#unsubscribe = this.source.onAppend((shard, record) => this.#admit(shard, record));
    for (const shard of this.source.shards) this.#admitExisting(shard);
  }

  /** Sends nothing more. What is in flight ends, and its outcome counts; positions are kept. */
  disable(): void {
    if (this.#state === "Deleting") return;
    this.#state = "Disabled";
    for (const reader of this.#readers.values()) reader.pause();
  }

  /**
   * Changes the settings in place. Positions, records in flight and, unless the parallelization factor
   * changes, retry counters stay; each rule applies from its next decision on. An open window ends when it
   * was to end.
   */
  update(settings: StreamMappingSettings): void {
    const previous = this.#settings;
    const regroups = settings.parallelizationFactor !== previous.parallelizationFactor;
    const refilters = String(settings.filterPatterns) !== String(previous.filterPatterns);
    this.#settings = settings;
    if (settings.tumblingWindowInSeconds !== previous.tumblingWindowInSeconds) {
      this.account.assumptions.choice("windows.update");
    }
    if (refilters) this.#filter = this.#compileFilter();
    for (const reader of this.#readers.values()) {
      if (refilters) reader.refilter();
      if (regroups) reader.regroup();
      reader.advance();
    }
  }

  /** Stops for good. The outcome of what is in flight no longer matters. */
  delete(): void {
    this.disable();
    this.#state = "Deleting";
    this.#unsubscribe?.();
    this.#readers.clear();
  }

  /**
   * What is still to be done, one line each. A disabled mapping has nothing to do: waiting would not
   * change anything.
   */
  unsettled(): string[] {
    const { name } = this.#settings;
    const { deliveries } = this.#outlet;
    const lines =
      deliveries > 0 ? [`mapping ${name}: ${deliveries} dead letters on their way`] : [];
    if (this.#state !== "Enabled") return lines;
    for (const reader of this.#readers.values()) {
      lines.push(...reader.pending().map((line) => `mapping ${name}: ${line}`));
    }
    return lines;
  }

  /** What lanes see of the mapping: always its current settings and state. */
  #createContext(): LaneContext {
    const state = () => this.#state;
    const settings = () => this.#settings;
    const enabledAtMs = () => this.#enabledAtMs;
    const filter = () => this.#filter;
    return {
      account: this.account,
      source: this.source,
      outlet: this.#outlet,
      get settings() {
        return settings();
      },
      get filter() {
        return filter();
      },
      get running() {
        return state() === "Enabled";
      },
      get ended() {
        return state() === "Deleting";
      },
      get enabledAtMs() {
        return enabledAtMs();
      },
    };
  }

  #compileFilter(): StreamFilter | undefined {
    return compileStreamFilters(this.source.kind, this.#settings.filterPatterns ?? []);
  }

  #admit(shard: StreamShard, record: StreamRecord): void {
    this.#readerOf(shard).admit(record);
  }

  #readerOf({ id }: StreamShard): ShardReader {
    const existing = this.#readers.get(id);
    if (existing) return existing;
    const reader = new ShardReader(this.#context, id);
    this.#readers.set(id, reader);
    return reader;
  }

  #admitExisting(shard: StreamShard): void {
    const { startingPosition, startingPositionMs = 0 } = this.#settings;
    if (startingPosition === "LATEST") return;
    const oldestMs = this.account.kernel.now - this.source.retentionMs;
    const fromMs =
      startingPosition === "AT_TIMESTAMP" ? Math.max(startingPositionMs, oldestMs) : oldestMs;
    for (const record of shard.records) {
      if (record.arrivedAtMs >= fromMs) this.#admit(shard, record);
    }
  }
}
