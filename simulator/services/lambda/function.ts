import { isDeepStrictEqual } from "node:util";
import { uuidOf } from "../../kernel/random";
import { jittered, type Transport } from "../../sdk/transport";
import type { Account } from "../account";
import type { Alias } from "./alias";
import { LATEST } from "./function-name";
import { FunctionVersion } from "./function-version";
import type { Invocation, InvokeRequest } from "./invocation";
import { RunningInvocation, type Effects, type FunctionSettings } from "./running-invocation";

/** A Lambda function: its versions, its aliases and its invocations. */
export class LambdaFunction {
  /** Of all versions, oldest first. */
  readonly invocations: Invocation[] = [];
  /** By name. */
  readonly aliases = new Map<string, Alias>();
  /** What may still be changed. */
  readonly latest: FunctionVersion;
  /** For all versions together. Absent: shares the account's unreserved concurrency. */
  reservedConcurrency: number | undefined;
  /** ARNs of all the layers it ever had: it may have them again, deleted or not. */
  readonly layersSeen: string[] = [];
  readonly #versions = new Map<string, FunctionVersion>();
  readonly #effects = new Map<string, Effects>();
  #running = 0;

  constructor(
    settings: FunctionSettings,
    private readonly account: Account,
    private readonly transport: Transport,
  ) {
    this.latest = new FunctionVersion(settings, account, transport);
    this.reservedConcurrency = settings.reservedConcurrency;
    this.layersSeen.push(...(settings.layerArns ?? []));
  }

  /** Those of `$LATEST`. */
  get settings(): FunctionSettings {
    return this.latest.settings;
  }

  /** Invocations under way, of any version; a zombie no longer counts. */
  get running(): number {
    return this.#running;
  }

  /** The number of the newest version, 0 without one. */
  get lastVersion(): number {
    return Math.max(0, ...[...this.#versions.keys()].map(Number));
  }

  /** Whether the newest version is what `$LATEST` is now. */
  get isPublished(): boolean {
    const newest = this.version(String(this.lastVersion));
    return !!newest && isDeepStrictEqual(unversioned(newest.settings), unversioned(this.settings));
  }

  /** `$LATEST` or a published version. */
  version(name: string): FunctionVersion | undefined {
    return name === LATEST ? this.latest : this.#versions.get(name);
  }

  /** The published ones, oldest first. */
  get versions(): readonly FunctionVersion[] {
    return [...this.#versions.values()];
  }

  effectsOf(requestId: string): Effects | undefined {
    return this.#effects.get(requestId);
  }

  update(settings: FunctionSettings): void {
    this.latest.update(settings);
    this.layersSeen.push(...(settings.layerArns ?? []));
    this.reservedConcurrency = settings.reservedConcurrency;
  }

  /** Keeps `$LATEST` as it is now under a number. */
  publish(version: string): FunctionVersion {
    const settings = { ...this.settings, version };
    const published = new FunctionVersion(settings, this.account, this.transport);
    this.#versions.set(version, published);
    return published;
  }

  /** Takes back a version that was never used: that of a deployment that failed. */
  unpublish(version: string): void {
    this.#versions.delete(version);
  }

  throttle(request: InvokeRequest, { settings }: FunctionVersion): void {
    const invocation = this.#record(request, settings);
    Object.assign(invocation, { endedAt: invocation.startedAt, outcome: "throttled" });
    const delayMs = jittered(
      this.account.assumptions.number("latency.invokeMs"),
      this.account.random.stream("latency"),
    );
    const label = `${settings.logicalName}: throttled (${request.source})`;
    this.account.kernel.after(delayMs, label, () => request.onOutcome(invocation));
  }

  /** Starts an invocation; `request.onOutcome` hears how it ends. */
  start(request: InvokeRequest, version: FunctionVersion, invokedArn: string): Invocation {
    const { settings } = version;
    const invocation = this.#record(request, settings);
    this.#running++;
    this.account.usage.add("lambda.requests", 1);
    const { cold, sandbox } = version.take();
    Object.assign(invocation, { sandboxId: sandbox.id });
    new RunningInvocation(this.account, settings, request, invocation, sandbox, {
      cold,
      invokedArn,
      effects: this.#effectsFor(invocation.requestId),
      onReleased: (outcome) => {
        this.#running--;
        version.giveBack(sandbox, outcome);
      },
    });
    return invocation;
  }

  #effectsFor(requestId: string): Effects {
    const effects = { writes: 0, itemsRead: 0 };
    this.#effects.set(requestId, effects);
    return effects;
  }

  #record({ event, requestId }: InvokeRequest, settings: FunctionSettings): Invocation {
    const { functionName, arn, version } = settings;
    const invocation = new RecordedInvocation(
      functionName,
      version,
      requestId ?? uuidOf(`${this.account.random.seed} ${arn} ${this.invocations.length}`),
      this.account.kernel.now,
      event,
    );
    this.invocations.push(invocation);
    return invocation;
  }
}

/** What a version keeps: concurrency is reserved for the function. */
function unversioned(settings: FunctionSettings): object {
  return { ...settings, version: LATEST, reservedConcurrency: undefined };
}

/** Events are made again when somebody looks: keeping a copy of each would fill memory. */
class RecordedInvocation implements Invocation {
  readonly logs: string[] = [];
  billedMs = 0;

  constructor(
    readonly functionName: string,
    readonly version: string,
    readonly requestId: string,
    readonly startedAt: number,
    private readonly makeEvent: () => unknown,
  ) {}

  get event(): unknown {
    return this.makeEvent();
  }
}
