import { uuidOf } from "../../kernel/random";
import { jittered, type Transport } from "../../sdk/transport";
import type { Account } from "../account";
import type { Invocation, InvokeRequest, Outcome } from "./invocation";
import { RunningInvocation, type Effects, type FunctionSettings } from "./running-invocation";
import { Sandbox } from "./sandbox";

/** A Lambda function: its sandboxes and its invocations. */
export class LambdaFunction {
  readonly invocations: Invocation[] = [];
  readonly #effects = new Map<string, Effects>();
  #idle: Sandbox[] = [];
  #sandboxCount = 0;
  #running = 0;

  constructor(
    public settings: FunctionSettings,
    private readonly account: Account,
    private readonly transport: Transport,
  ) {}

  /** Invocations under way; a zombie no longer counts. */
  get running(): number {
    return this.#running;
  }

  effectsOf(requestId: string): Effects | undefined {
    return this.#effects.get(requestId);
  }

  /** New sandboxes take new settings; those that are busy end as they began. */
  update(settings: FunctionSettings): void {
    this.settings = settings;
    for (const sandbox of this.#idle.splice(0)) sandbox.kill();
  }

  throttle(request: InvokeRequest): void {
    const invocation = this.#record(request);
    Object.assign(invocation, { endedAt: invocation.startedAt, outcome: "throttled" });
    const delayMs = jittered(
      this.account.assumptions.number("latency.invokeMs"),
      this.account.random.stream("latency"),
    );
    const label = `${this.settings.logicalName}: throttled (${request.source})`;
    this.account.kernel.after(delayMs, label, () => request.onOutcome(invocation));
  }

  /** Starts an invocation; `request.onOutcome` hears how it ends. */
  start(request: InvokeRequest): Invocation {
    const invocation = this.#record(request);
    this.#running++;
    this.account.usage.add("lambda.requests", 1);
    const warm = this.#idle.pop();
    const sandbox = warm ?? this.#startSandbox();
    Object.assign(invocation, { sandboxId: sandbox.id });
    new RunningInvocation(this.account, this.settings, request, invocation, sandbox, {
      cold: !warm,
      effects: this.#effectsFor(invocation.requestId),
      onReleased: (outcome) => this.#release(outcome, sandbox),
    });
    return invocation;
  }

  #release(outcome: Outcome, sandbox: Sandbox): void {
    this.#running--;
    if (outcome === "ok" || outcome === "error") {
      if (sandbox.image === this.settings && !sandbox.dead) this.#idle.push(sandbox);
      else sandbox.kill();
    }
  }

  #startSandbox(): Sandbox {
    const id = `${this.settings.logicalName}#${++this.#sandboxCount}`;
    return new Sandbox(id, this.settings, this.account, this.transport);
  }

  #effectsFor(requestId: string): Effects {
    const effects = { writes: 0, itemsRead: 0 };
    this.#effects.set(requestId, effects);
    return effects;
  }

  #record({ event, requestId }: InvokeRequest): Invocation {
    const { functionName, arn } = this.settings;
    const invocation = new RecordedInvocation(
      functionName,
      requestId ?? uuidOf(`${this.account.random.seed} ${arn} ${this.invocations.length}`),
      this.account.kernel.now,
      event,
    );
    this.invocations.push(invocation);
    return invocation;
  }
}

/** Events are made again when somebody looks: keeping a copy of each would fill memory. */
class RecordedInvocation implements Invocation {
  readonly version = "$LATEST";
  readonly logs: string[] = [];
  billedMs = 0;

  constructor(
    readonly functionName: string,
    readonly requestId: string,
    readonly startedAt: number,
    private readonly makeEvent: () => unknown,
  ) {}

  get event(): unknown {
    return this.makeEvent();
  }
}
