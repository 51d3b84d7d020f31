import type { Account } from "../account";
import { uuidOf } from "../../kernel/random";
import type { AsynchronousEnd, AsynchronousEvent } from "./asynchronous-event";
import { deliverText } from "./destinations";
import type { EventInvokeSettings } from "./event-invoke-config";
import type { FunctionTarget } from "./function-target";
import type { Invocation, InvokeRequest } from "./invocation";
import { createInvocationRecord, deadLetterAttributes, type Condition } from "./invocation-record";

/** Waits before the first and the second retry. Source: recorded from AWS. */
const RETRY_DELAYS_MS = [60_000, 120_000];

/** Back-off after a throttle, doubling. Source: "Error handling for asynchronous invocation". */
const THROTTLE_DELAY_MS = 1_000;
const THROTTLE_DELAY_MAX_MS = 300_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  readonly request: InvokeRequest;
  readonly report: Mutable<AsynchronousEvent> & { lostTo: string[] };
  /** The last invocation that reached the function. */
  lastRun?: Invocation;
}

/** What the queue needs of the functions. */
export interface AsynchronousFunctions {
  find(name: string): FunctionTarget | undefined;
  invoke(request: InvokeRequest): void;
  eventInvokeSettings(target: FunctionTarget): EventInvokeSettings;
}

const CONDITIONS: Readonly<Record<Exclude<AsynchronousEnd, "dropped">, Condition>> = {
  ok: "Success",
  "retries-exhausted": "RetriesExhausted",
  "age-exceeded": "EventAgeExceeded",
  "zero-concurrency": "ZeroReservedConcurrency",
};

/** The queues behind asynchronous invocation: retries, ages, dead letters and destinations. */
export class AsynchronousQueue {
  /** By the function's logical name. */
  readonly #events = new Map<string, AsynchronousEvent[]>();
  #sent = 0;

  constructor(
    private readonly account: Account,
    private readonly functions: AsynchronousFunctions,
  ) {}

  /**
   * Answers the event's request id, the same for every attempt. `request.onOutcome` hears of the last invocation,
   * when there will be no other.
   */
  send(request: InvokeRequest): string {
    const { kernel, random } = this.account;
    const requestId = uuidOf(`${random.seed} asynchronous ${++this.#sent}`);
    const target = this.functions.find(request.functionName);
    const name = target?.settings.logicalName ?? request.functionName;
    const report: Entry["report"] = {
      requestId,
      function: name,
      eventIdentity: request.identity,
      source: request.source,
      receivedAtMs: kernel.now,
      attempts: 0,
      throttles: 0,
      lostTo: [],
    };
    const events = this.#events.get(name);
    if (events) events.push(report);
    else this.#events.set(name, [report]);
    if (target) this.#count("AsyncEventsReceived", target);
    this.#attempt({ request, report });
    return requestId;
  }

  /** The events of a function, by its logical name, oldest first. */
  events(logicalName: string): readonly AsynchronousEvent[] {
    return this.#events.get(logicalName) ?? [];
  }

  #attempt(entry: Entry): void {
    const { report, request } = entry;
    const target = this.functions.find(request.functionName);
    if (!target) {
      this.#close(entry, "dropped");
      return;
    }
    this.#count("AsyncEventAge", target, this.account.kernel.now - report.receivedAtMs);
    const onOutcome = (invocation: Invocation): void => this.#onOutcome(entry, invocation);
    this.functions.invoke({ ...request, requestId: report.requestId, onOutcome });
  }

  #onOutcome(entry: Entry, invocation: Invocation): void {
    const { report, request } = entry;
    const target = this.functions.find(request.functionName);
    const throttled = invocation.outcome === "throttled";
    if (throttled) report.throttles++;
    else {
      report.attempts++;
      entry.lastRun = invocation;
    }
    if (!target) this.#close(entry, invocation.outcome === "ok" ? "ok" : "dropped");
    else if (invocation.outcome === "ok") this.#end(entry, target, "ok");
    else if (throttled) this.#afterThrottle(entry, target);
    else this.#afterError(entry, target);
    if (report.ended) request.onOutcome(invocation);
  }

  #afterError(entry: Entry, target: FunctionTarget): void {
    const failures = entry.report.attempts;
    const { maximumRetryAttempts } = this.functions.eventInvokeSettings(target);
    const delayMs = RETRY_DELAYS_MS[failures - 1];
    if (failures > maximumRetryAttempts || delayMs === undefined) {
      this.#end(entry, target, "retries-exhausted");
    } else this.#later(entry, target, delayMs, "asynchronous retry");
  }

  /** A throttle is no retry: only age ends it, unless nothing may run at all. */
  #afterThrottle(entry: Entry, target: FunctionTarget): void {
    const { attempts, throttles } = entry.report;
    // Documented for new events: those that were tried before go on waiting.
    if (target.fn.reservedConcurrency === 0 && attempts + throttles === 1) {
      this.#end(entry, target, "zero-concurrency");
      return;
    }
    const delayMs = Math.min(THROTTLE_DELAY_MS * 2 ** (throttles - 1), THROTTLE_DELAY_MAX_MS);
    this.#later(entry, target, delayMs, "asynchronous event after a throttle");
  }

  #later(entry: Entry, target: FunctionTarget, delayMs: number, why: string): void {
    const { kernel } = this.account;
    const { maximumEventAgeMs } = this.functions.eventInvokeSettings(target);
    const ageThenMs = kernel.now + delayMs - entry.report.receivedAtMs;
    // The age is tested ahead: an event that would be too old at its next attempt gets none.
    if (ageThenMs >= maximumEventAgeMs) this.#end(entry, target, "age-exceeded");
    else kernel.after(delayMs, `${entry.report.function}: ${why}`, () => this.#attempt(entry));
  }

  #end(entry: Entry, target: FunctionTarget, ended: Exclude<AsynchronousEnd, "dropped">): void {
    this.#close(entry, ended);
    const { onFailureArn, onSuccessArn } = this.functions.eventInvokeSettings(target);
    const deadLetterTargetArn = ended === "ok" ? undefined : this.#deadLetterTargetOf(target);
    const destinationArn = ended === "ok" ? onSuccessArn : onFailureArn;
    if (ended !== "ok") {
      this.#count("AsyncEventsDropped", target);
      if (deadLetterTargetArn && this.#sendsDeadLetter(destinationArn)) {
        this.#deadLetter(entry, target, deadLetterTargetArn);
      }
    }
    if (destinationArn) this.#toDestination(entry, target, CONDITIONS[ended], destinationArn);
  }

  /** Assumption: version.deadLetter. */
  #deadLetterTargetOf({ fn, settings }: FunctionTarget): string | undefined {
    const asPublished = settings.deadLetterTargetArn;
    const latest = fn.settings.deadLetterTargetArn;
    if (asPublished === latest) return latest;
    const choice = this.account.assumptions.choice("version.deadLetter");
    return choice === "as-published" ? asPublished : latest;
  }

  #sendsDeadLetter(destinationArn: string | undefined): boolean {
    if (!destinationArn) return true;
    return this.account.assumptions.choice("async.bothDestinations") === "both";
  }

  #close({ report }: Entry, ended: AsynchronousEnd): void {
    const { kernel, trace } = this.account;
    report.ended = ended;
    report.endedAtMs = kernel.now;
    if (ended === "ok") return;
    const runs = `${report.attempts} runs, ${report.throttles} throttles`;
    const what = `${report.function}: asynchronous event ${report.requestId} ${ended} after ${runs}`;
    trace.append(kernel.now, what);
  }

  #deadLetter(
    { lastRun, report, request }: Entry,
    target: FunctionTarget,
    targetArn: string,
  ): void {
    if (!lastRun) this.account.assumptions.choice("async.deadLetterError");
    const attributes = deadLetterAttributes(report.requestId, lastRun);
    const letter = { text: JSON.stringify(request.event()), attributes };
    deliverText(this.account, target.settings.roleArn, targetArn, letter, (error) => {
      if (error) this.#lost(report, target, targetArn, "DeadLetterErrors", error);
    });
  }

  #toDestination(entry: Entry, target: FunctionTarget, condition: Condition, arn: string): void {
    const { lastRun, report, request } = entry;
    const { arn: functionArn, qualifiedArn } = target;
    const { functionName, roleArn } = target.settings;
    const { requestId } = report;
    const count = "async.invokeCount";
    const throttles = report.throttles > 0 && condition !== "ZeroReservedConcurrency";
    const counted = throttles && this.account.assumptions.choice(count) === "attempts";
    const record = createInvocationRecord(
      {
        ...{ requestId, functionArn: qualifiedArn, condition, lastRun },
        approximateInvokeCount: report.attempts + (counted ? report.throttles : 0),
        payload: request.event(),
      },
      this.account.kernel.now,
    );
    const letter = {
      text: JSON.stringify(record),
      record: {
        functionArn,
        qualifiedArn,
        identity: requestId,
        succeeded: condition === "Success",
        value: record,
      },
      s3Key: keyOf(functionName, requestId, record.timestamp),
    };
    deliverText(this.account, roleArn, arn, letter, (error) => {
      if (error) this.#lost(report, target, arn, "DestinationDeliveryFailures", error);
    });
  }

  /** Assumption: destination.failure. */
  #lost(
    report: Entry["report"],
    target: FunctionTarget,
    arn: string,
    metric: string,
    error: Error,
  ): void {
    const { assumptions, kernel, trace } = this.account;
    assumptions.choice("destination.failure");
    report.lostTo.push(arn);
    this.#count(metric, target);
    const what = `${report.function}: ${report.requestId} is lost to ${arn}: ${error.name}`;
    trace.append(kernel.now, what);
  }

  #count(metric: string, target: FunctionTarget, quantity = 1): void {
    this.account.services.cloudwatch.count(metric, target.settings.functionName, quantity);
  }
}

/** Source: "Capturing records of Lambda asynchronous invocations". */
function keyOf(functionName: string, requestId: string, timestamp: string): string {
  const [day, time] = timestamp.slice(0, 19).split("T") as [string, string];
  const file = `${day}T${time.replaceAll(":", ".")}-${uuidOf(`${requestId} destination`)}`;
  return `aws/lambda/async/${functionName}/${day.replaceAll("-", "/")}/${file}`;
}
