import { parseLogFormat, type LogFormat } from "./access-log";
import type { Snapshot } from "./rest-api";
import type { Route } from "./routing";
import { TokenBucket, type ThrottleLimits } from "./throttling";

export interface StageSettings {
  readonly stageName: string;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>> | undefined;
  /** Where the access log goes, and how its lines look. */
  readonly accessLog: { readonly logGroup: string; readonly format: string } | undefined;
}

/** Stands for every method of a stage, as in the console. */
export const EVERY_METHOD = "*/*";

/** A stage: the snapshot it serves, its settings, and the buckets of its methods. */
export class Stage {
  #format: LogFormat | undefined;
  readonly #limits = new Map<string, ThrottleLimits>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(
    private current: StageSettings,
    private served: Snapshot,
  ) {
    this.#format = formatOf(current);
  }

  get settings(): StageSettings {
    return this.current;
  }

  get snapshot(): Snapshot {
    return this.served;
  }

  get logFormat(): LogFormat | undefined {
    return this.#format;
  }

  update(settings: StageSettings, snapshot: Snapshot): void {
    this.current = settings;
    this.served = snapshot;
    this.#format = formatOf(settings);
  }

  /** @param method `orders/POST`, or `EVERY_METHOD`; `undefined` takes the limits away */
  limit(method: string, limits: ThrottleLimits | undefined): void {
    if (limits) this.#limits.set(method, limits);
    else this.#limits.delete(method);
    // Buckets of other limits are of no use; new ones start full.
    this.#buckets.clear();
  }

  /** The bucket of one method: limits for all methods apply to each by itself. */
  bucketOf({ httpMethod, resourcePath }: Route, nowMs: number): TokenBucket | undefined {
    if (this.#limits.size === 0) return undefined;
    const method = `${resourcePath.slice(1)}/${httpMethod}`;
    const known = this.#buckets.get(method);
    if (known) return known;
    const limits = this.#limits.get(method) ?? this.#limits.get(EVERY_METHOD);
    if (!limits) return undefined;
    const bucket = new TokenBucket(limits, nowMs);
    this.#buckets.set(method, bucket);
    return bucket;
  }
}

const formatOf = ({ accessLog }: StageSettings): LogFormat | undefined =>
  accessLog && parseLogFormat(accessLog.format);
