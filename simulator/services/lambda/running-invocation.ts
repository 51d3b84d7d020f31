import type { InvocationFaults } from "../../kernel/faults";
import type { SimEvent } from "../../kernel/kernel";
import { jittered, type CallFate } from "../../sdk/transport";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Invocation, InvokeRequest, Outcome } from "./invocation";
import { SYNCHRONOUS_PAYLOAD_BYTES_MAX } from "./payload";
import type { Sandbox, SandboxGuest, SandboxImage } from "./sandbox";

/** Settings of a function that may change while it runs. */
export interface FunctionSettings extends SandboxImage {
  /** `arn:aws:lambda:…:function:NAME`, without a qualifier. */
  readonly arn: string;
  /** The name in the program. */
  readonly logicalName: string;
  readonly timeoutMs: number;
  /** Absent: shares the account's unreserved concurrency. */
  readonly reservedConcurrency?: number;
  /** The queue or topic that takes asynchronous events which were given up. */
  readonly deadLetterTargetArn?: string;
  /** In the order in which they are unpacked; absent without layers. */
  readonly layerArns?: readonly string[];
  readonly logGroup: string;
}

/** What an invocation did, as far as a schedule wants to know. */
export interface Effects {
  writes: number;
  itemsRead: number;
}

/** With as much memory a function has one CPU. Source: "Configure Lambda function memory". */
const WHOLE_CPU_MB = 1_769;

/** Operations that change nothing, by the start of their names. */
const READS = /^(Get|BatchGet|Query|Scan|List|Describe|Head|Receive|TransactGet)/;

/** Members of an answer that hold what was found. */
const FOUND = ["Items", "Item", "Messages", "Contents", "Records", "Body"];

export interface Surroundings {
  readonly cold: boolean;
  /** As the invoker named the function: qualified by a version or an alias, or not. */
  readonly invokedArn: string;
  readonly effects: Effects;
  readonly onReleased: (outcome: Outcome) => void;
}

/** One invocation from its start to its end, and beyond it if it becomes a zombie. */
export class RunningInvocation implements SandboxGuest {
  readonly requestId: string;
  readonly #faults: InvocationFaults;
  readonly #name: string;
  #handlerStartedAt = 0;
  #initMs = 0;
  #deadlineMs = Infinity;
  #calls = 0;
  #stalled = false;
  #timer: SimEvent | undefined;

  constructor(
    private readonly account: Account,
    private readonly settings: FunctionSettings,
    private readonly request: InvokeRequest,
    private readonly invocation: Invocation,
    private readonly sandbox: Sandbox,
    private readonly surroundings: Surroundings,
  ) {
    this.requestId = invocation.requestId;
    this.#name = settings.logicalName;
    this.#faults = account.faults.forInvocation(this.#name, request.identity, account.kernel.now);
    const latency = account.random.stream("latency");
    const overheadMs = jittered(account.assumptions.number("latency.invokeMs"), latency);
    if (surroundings.cold) {
      this.#initMs = jittered(account.assumptions.number("latency.coldStartMs"), latency);
    }
    account.kernel.after(
      overheadMs + this.#initMs,
      `${this.#name}: invoked by ${request.source}, ${sandbox.id}, ${request.identity}`,
      () => this.#begin(),
    );
  }

  log(level: string, line: string): void {
    const at = new Date(this.account.kernel.now).toISOString();
    this.invocation.logs.push(`${at}\t${this.requestId}\t${level}\t${line}`);
  }

  depart(operation: string, input: object): CallFate | undefined {
    const call = ++this.#calls;
    const { kill, responsesLost, sdkErrors, stall } = this.#faults;
    if (kill?.call === call && !this.invocation.outcome) {
      kill.strike.hit();
      this.#killed();
      return undefined;
    }
    const fate: CallFate = {};
    if (stall?.call === call && !this.#stalled) fate.answerNotBeforeMs = this.#stall();
    const lost = responsesLost.find((each) => each.call === call);
    lost?.strike.hit();
    if (lost) fate.responseLost = true;
    const failing = sdkErrors.find((each) => each.call === call);
    failing?.strike.hit();
    if (failing) fate.serviceError = { code: failing.code, effect: failing.effect };
    const { faults, kernel } = this.account;
    if (faults.hasPoison && !READS.test(operation)) {
      const poisoned = faults.poisons(this.#name, this.requestId, textsIn(input), kernel.now);
      if (poisoned) fate.rejection = new ServiceError("ValidationException", POISON_MESSAGE);
    }
    return fate;
  }

  tookEffect(operation: string, output: object): void {
    if (!READS.test(operation)) this.surroundings.effects.writes++;
    for (const member of FOUND) {
      const found = (output as Record<string, unknown>)[member];
      if (Array.isArray(found)) this.surroundings.effects.itemsRead += found.length;
      else if (found !== undefined) this.surroundings.effects.itemsRead++;
    }
  }

  crashed(error: NonNullable<Invocation["error"]>): void {
    if (this.invocation.outcome) this.invocation.zombieEndedAt = this.account.kernel.now;
    // Not at once: the code that ended the process is still on the stack.
    this.account.kernel.after(1, `${this.#name}: the process has ended`, () =>
      this.#end("error", { error }),
    );
  }

  #begin(): void {
    const { kernel } = this.account;
    this.#handlerStartedAt = kernel.now;
    this.#deadlineMs = kernel.now + this.settings.timeoutMs;
    this.invocation.logs.push(
      `START RequestId: ${this.requestId} Version: ${this.settings.version}`,
    );
    this.#timer = kernel.at(this.#deadlineMs, `${this.#name}: timeout`, () => this.#timedOut());
    if (this.#faults.failBefore) {
      this.#faults.failBefore.hit();
      kernel.after(1, `${this.#name}: fails before its handler`, () =>
        this.#end("error", { error: injected("before-effect") }),
      );
      return;
    }
    kernel.after(this.#computingMs(), `${this.#name}: handler`, () => this.#callHandler());
  }

  #computingMs(): number {
    const { assumptions } = this.account;
    const wholeCpuUs = this.request.recordCount * assumptions.number("latency.recordUs");
    const isShared = assumptions.choice("latency.memory") === "cpu-share";
    const memoryMb = isShared ? Math.min(this.settings.memoryMb, WHOLE_CPU_MB) : WHOLE_CPU_MB;
    return Math.ceil((wholeCpuUs * WHOLE_CPU_MB) / memoryMb / 1000);
  }

  #callHandler(): void {
    this.sandbox.thaw(this);
    // What was left over from before the freeze may have ended the process.
    if (this.sandbox.dead) return;
    let takesCallback;
    try {
      takesCallback = this.sandbox.handler().length >= 3;
    } catch (cause) {
      if (!this.sandbox.dead) this.#end("error", { error: errorOf(cause) });
      return;
    }
    this.#invoke(takesCallback)
      .then((response) => ({ response: toJson(response) }))
      .then(
        (result) => this.#returned("ok", result),
        (cause: unknown) => this.#returned("error", { error: errorOf(cause) }),
      )
      .catch((cause: unknown) => {
        // Not the guest's fault, and not to be taken for a rejection of its own.
        this.account.kernel.after(0, `${this.#name}: fails in the simulator`, () => {
          throw cause;
        });
      });
  }

  #invoke(takesCallback: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const event = this.request.event();
      const result = this.sandbox.call(event, this.#context(), (error, response) =>
        error ? reject(asError(error)) : resolve(response),
      );
      if (result instanceof Promise) result.then(resolve, reject);
      else if (!takesCallback) resolve(null);
    });
  }

  #context(): object {
    const { functionName, logGroup, memoryMb, version } = this.settings;
    return {
      awsRequestId: this.requestId,
      functionName,
      functionVersion: version,
      invokedFunctionArn: this.surroundings.invokedArn,
      memoryLimitInMB: String(memoryMb),
      logGroupName: logGroup,
      logStreamName: this.sandbox.id,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => this.#deadlineMs - this.account.kernel.now,
    };
  }

  /** The handler has come to an end: as its invocation, or as a zombie. */
  #returned(outcome: Outcome, result: Partial<Invocation>): void {
    if (this.sandbox.dead) return;
    if (this.invocation.outcome) {
      this.invocation.zombieEndedAt = this.account.kernel.now;
      this.#appendTrace("zombie ended");
      this.sandbox.kill();
      return;
    }
    const { failAfter, kill, stall } = this.#faults;
    if (kill && kill.call === this.#calls + 1) {
      kill.strike.hit();
      this.#killed();
    } else if (stall && !this.#stalled && stall.call === this.#calls + 1) {
      const untilMs = this.#stall();
      this.account.kernel.at(untilMs, `${this.#name}: zombie returns`, () =>
        this.#returned(outcome, result),
      );
    } else if (failAfter && outcome === "ok") {
      failAfter.hit();
      this.#end("error", { error: injected("after-commit") });
    } else this.#end(outcome, result);
  }

  /** The environment hangs until after its timeout, then goes on. Answers until when. */
  #stall(): number {
    this.#stalled = true;
    this.#faults.stall!.strike.hit();
    return this.#deadlineMs + jittered(1000, this.account.random.stream("zombies"));
  }

  #timedOut(): void {
    const seconds = (this.settings.timeoutMs / 1000).toFixed(2);
    const message = `RequestId: ${this.requestId} Error: Task timed out after ${seconds} seconds`;
    // Lambda ends the process; only one that hangs in a stalled call is assumed to slip through.
    if (!this.#stalled) this.sandbox.kill();
    this.#end("timeout", { error: { errorType: "Sandbox.Timedout", errorMessage: message } });
  }

  #killed(): void {
    this.sandbox.kill();
    const message = `RequestId: ${this.requestId} Error: ${EXIT_MESSAGE}`;
    // Not at once: a call that is leaving is still on the stack.
    this.account.kernel.after(1, `${this.#name}: killed`, () =>
      this.#end("killed", { error: { errorType: "Runtime.ExitError", errorMessage: message } }),
    );
  }

  #end(outcome: Outcome, result: Partial<Invocation>): void {
    const { kernel, services, usage } = this.account;
    if (this.invocation.outcome) return;
    kernel.cancel(this.#timer);
    const durationMs = kernel.now - this.#handlerStartedAt;
    const billedMs = durationMs + this.#initMs;
    Object.assign(this.invocation, { ...result, outcome, endedAt: kernel.now, billedMs });
    usage.add("lambda.mbMs", billedMs * this.settings.memoryMb);
    if (result.error) this.log("ERROR", JSON.stringify(result.error));
    this.invocation.logs.push(
      `END RequestId: ${this.requestId}`,
      `REPORT RequestId: ${this.requestId}\tDuration: ${durationMs}.00 ms\t` +
        `Billed Duration: ${billedMs} ms\tMemory Size: ${this.settings.memoryMb} MB`,
    );
    const { logGroup, roleArn } = this.settings;
    services.cloudwatch.writeLogs(logGroup, this.sandbox.id, this.invocation.logs, roleArn);
    this.#appendTrace(outcome);
    if (outcome === "ok" || outcome === "error") this.sandbox.freeze();
    this.surroundings.onReleased(outcome);
    this.request.onOutcome(this.invocation);
  }

  #appendTrace(what: string): void {
    this.account.trace.append(
      this.account.kernel.now,
      `${this.#name}: ${what} ${this.requestId} after ${this.#calls} calls`,
    );
  }
}

const EXIT_MESSAGE = "Runtime exited with error: signal: killed";
const POISON_MESSAGE = "A fault of the plan rejects writes of this key.";

function injected(kind: string): { errorType: string; errorMessage: string } {
  return { errorType: "Error", errorMessage: `A fault of the plan (${kind}).` };
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** What Lambda makes of a response: JSON, within the limit. */
function toJson(response: unknown): unknown {
  if (response === undefined || response === null) return null;
  const text = JSON.stringify(response) as string | undefined;
  if (text === undefined) return null;
  if (text.length > SYNCHRONOUS_PAYLOAD_BYTES_MAX) {
    const message = `Response payload size exceeded maximum allowed payload size (${SYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes).`;
    throw Object.assign(new Error(message), { name: "Function.ResponseSizeTooLarge" });
  }
  return JSON.parse(text) as unknown;
}

function errorOf(cause: unknown): { errorType: string; errorMessage: string } {
  if (cause instanceof Error) return { errorType: cause.name, errorMessage: cause.message };
  return { errorType: typeof cause, errorMessage: String(cause) };
}

/** The texts that a write's input holds in keys and items, one level deep: what poison matches. */
function textsIn(input: object): string[] {
  const texts: string[] = [];
  collectTexts(input as Record<string, unknown>, 0, texts);
  return texts;
}

function collectTexts(
  value: Readonly<Record<string, unknown>>,
  depth: number,
  texts: string[],
): void {
  for (const name in value) {
    const member = value[name];
    if (name === "S" && typeof member === "string") texts.push(member);
    else if (depth < 6 && typeof member === "object" && member !== null) {
      collectTexts(member as Record<string, unknown>, depth + 1, texts);
    }
  }
}
