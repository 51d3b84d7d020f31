import type { Account } from "../account";
import type { EventEnvelope } from "./envelope";
import { compilePattern, type EventMatcher } from "./patterns/pattern";

export interface ArchiveSettings {
  readonly name: string;
  readonly arn: string;
  /** The bus whose events it keeps. */
  readonly busArn: string;
  /** An event pattern's text; without one it keeps everything. */
  readonly pattern?: string;
  /** 0: for ever. */
  readonly retentionDays: number;
  readonly description?: string;
}

export interface ArchivedEvent {
  readonly envelope: EventEnvelope;
  /** The event's own time. */
  readonly eventAtMs: number;
  readonly archivedAtMs: number;
  readonly bytes: number;
}

const DAY_MS = 86_400_000;

/** An archive of a bus: the events that match, for as long as it retains them. */
export class Archive {
  readonly createdAtMs: number;
  #settings: ArchiveSettings;
  #matches: EventMatcher;
  /** In order of arrival, so the oldest expire first. */
  #events: ArchivedEvent[] = [];

  /** @throws InvalidEventPatternException */
  constructor(
    settings: ArchiveSettings,
    private readonly account: Account,
  ) {
    this.createdAtMs = account.kernel.now;
    this.#settings = settings;
    this.#matches = matcherOf(settings);
  }

  get settings(): ArchiveSettings {
    return this.#settings;
  }

  /** @throws InvalidEventPatternException */
  update(settings: ArchiveSettings): void {
    this.#matches = matcherOf(settings);
    this.#settings = settings;
  }

  /** Keeps an event if it is one to keep. What a replay has sent again never is: it is there already. */
  offer(envelope: EventEnvelope): void {
    if (envelope["replay-name"] !== undefined || !this.#matches(envelope)) return;
    const { assumptions, kernel, usage } = this.account;
    const bytes = Buffer.byteLength(JSON.stringify(envelope));
    usage.add("eventbridge.archivedBytes", bytes);
    this.#events.push({
      envelope,
      eventAtMs: Date.parse(envelope.time),
      archivedAtMs: kernel.now + assumptions.number("eventbridge.archiveDelayMs"),
      bytes,
    });
  }

  /** What is in it now. */
  events(): readonly ArchivedEvent[] {
    const { now } = this.account.kernel;
    const { retentionDays } = this.#settings;
    if (retentionDays > 0) {
      const oldestMs = now - retentionDays * DAY_MS;
      const firstKept = this.#events.findIndex(({ archivedAtMs }) => archivedAtMs > oldestMs);
      this.#events = firstKept === -1 ? [] : this.#events.slice(firstKept);
    }
    const lastThere = this.#events.findLastIndex(({ archivedAtMs }) => archivedAtMs <= now);
    return this.#events.slice(0, lastThere + 1);
  }
}

const matcherOf = ({ pattern }: ArchiveSettings): EventMatcher =>
  pattern === undefined ? () => true : compilePattern(pattern);
