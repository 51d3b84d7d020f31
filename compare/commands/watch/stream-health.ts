import type { SimulatedAws } from "../../../simulator";
import { durationText, type View, type ViewLine } from "./view";

/** Failures pass; a lane that has not got on for as long is blocked. */
const BLOCKED_MS = 5_000;

interface Trouble {
  readonly sinceMs: number;
  readonly attempts: number;
}

/** What the mappings gave up, and which lanes of which shards do not get on. */
export class StreamHealth implements View {
  readonly title = "Given up and blocked";
  /** Records by function and by what became of them. */
  readonly #counts = new Map<string, number>();
  readonly #troubled = new Map<string, Trouble>();
  readonly #seen = new Map<string, number>();

  constructor(private readonly account: SimulatedAws) {}

  lines(): readonly ViewLine[] {
    this.#read();
    const given = [...this.#counts].map(([key, count]) => ({
      key,
      label: key,
      state: String(count),
    }));
    const { now } = this.account;
    const blocked = [...this.#troubled]
      .filter(([, { sinceMs }]) => now - sinceMs >= BLOCKED_MS)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([lane, { attempts, sinceMs }]) => ({
        key: lane,
        label: lane,
        state: "blocked",
        gone: "free again",
        detail: `for ${durationText(now - sinceMs)}, ${attempts} failed attempts`,
      }));
    const ages = this.account
      .mappings()
      .filter(({ iteratorAgeMsMax }) => iteratorAgeMsMax > 0)
      .map(({ function: name, iteratorAgeMsMax }) => ({
        key: `${name} iterator age`,
        label: `${name} highest iterator age`,
        state: "",
        detail: durationText(iteratorAgeMsMax),
      }));
    return [...given, ...blocked, ...ages];
  }

  #read(): void {
    for (const { decisions, function: name, uuid } of this.account.mappings()) {
      const from = this.#seen.get(uuid) ?? 0;
      for (const decision of decisions.slice(from)) this.#note(name, decision);
      this.#seen.set(uuid, decisions.length);
    }
  }

  #note(name: string, decision: ReturnType<SimulatedAws["mappings"]>[number]["decisions"][number]) {
    const { atMs, kind, lane, recordIds, shardId } = decision;
    const what = LOST[kind];
    if (what !== undefined) {
      const key = `${name} ${what}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + recordIds.length);
    }
    if (shardId === undefined) return;
    const number = Number(shardId.replace(/^\D+/, "").slice(-12)) || 0;
    const place = `${name} shard ${number}${lane ? `, lane ${lane}` : ""}`;
    const before = this.#troubled.get(place);
    if (kind === "retry" || kind === "throttled" || (kind === "split" && before)) {
      const attempts = (before?.attempts ?? 0) + 1;
      this.#troubled.set(place, { sinceMs: before?.sinceMs ?? atMs, attempts });
    } else if (PROGRESS.includes(kind)) this.#troubled.delete(place);
  }
}

const LOST: Readonly<Record<string, string>> = {
  discard: "gave up records",
  expired: "records expired",
  "dead-letter-lost": "dead letters lost",
  returned: "messages returned",
  unsent: "messages returned unseen",
};

/** After these a lane goes on with something else. */
const PROGRESS: readonly string[] = ["ok", "discard", "expired", "checkpoint"];
