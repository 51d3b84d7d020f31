import { Transport } from "../../sdk/transport";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import { PENDING, type Call, type Operation, type Service } from "../service";
import { AsynchronousQueue } from "./asynchronous-queue";
import { deliverDeadLetter } from "./destinations";
import { LambdaFunction } from "./function";
import type { Invocation, InvokeRequest } from "./invocation";
import type { DeadLetter } from "./mappings/dead-letter";
import type { StreamMapping } from "./mappings/stream-mapping";
import { permissionsOf, type PolicyStatement } from "./permissions";
import type { Effects, FunctionSettings } from "./running-invocation";

/** Concurrent invocations per account and Region. Source: "Lambda quotas". */
const ACCOUNT_CONCURRENCY = 1000;

interface InvokeInput {
  readonly FunctionName: string;
  readonly InvocationType?: string;
  readonly Payload?: Uint8Array | string;
}

interface FunctionInput {
  readonly FunctionName: string;
}

/** AWS Lambda: functions, their invocations, and the event source mappings that read streams for them. */
export class Lambda implements Service {
  readonly serviceId = "Lambda";
  /** By UUID. */
  readonly mappings = new Map<string, StreamMapping>();
  readonly #functions = new Map<string, LambdaFunction>();
  readonly #policies = new Map<string, Map<string, PolicyStatement>>();
  readonly #queue: AsynchronousQueue;

  constructor(
    private readonly account: Account,
    private readonly transport: Transport,
  ) {
    this.#queue = new AsynchronousQueue(account, (request) => {
      // An event whose function has been deleted is dropped.
      if (this.find(request.functionName)) this.invoke(request);
    });
  }

  readonly operations: Readonly<Record<string, Operation>> = {
    Invoke: {
      permissions: (input: InvokeInput) => [
        { action: "lambda:InvokeFunction", resource: this.arnOf(input.FunctionName) },
      ],
      execute: (input: InvokeInput, call: Call) => this.#invokeApi(input, call),
    },
    GetFunctionConfiguration: {
      permissions: (input: FunctionInput) => [
        { action: "lambda:GetFunctionConfiguration", resource: this.arnOf(input.FunctionName) },
      ],
      execute: (input: FunctionInput) => configurationOf(this.get(input.FunctionName)),
    },
  };

  /** By name, ARN or name in the program. @throws ResourceNotFoundException */
  get(name: string): LambdaFunction {
    const found = this.find(name);
    if (found) return found;
    throw new ServiceError("ResourceNotFoundException", `Function not found: ${this.arnOf(name)}`, {
      statusCode: 404,
    });
  }

  find(name: string): LambdaFunction | undefined {
    const [physical = "", qualifier = "$LATEST"] = name.startsWith("arn:")
      ? name.split(":").slice(6)
      : name.split(":");
    // There are no versions and no aliases: another qualifier names nothing.
    if (qualifier !== "$LATEST") return undefined;
    const direct = this.#functions.get(physical);
    if (direct) return direct;
    return [...this.#functions.values()].find((fn) => fn.settings.logicalName === name);
  }

  functions(): LambdaFunction[] {
    return [...this.#functions.values()];
  }

  arnOf(name: string): string {
    if (name.startsWith("arn:")) return name.split(":").slice(0, 7).join(":");
    const { accountId, region } = this.account;
    return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  }

  createFunction(settings: FunctionSettings): void {
    if (!this.account.services.iam.canAssume(settings.roleArn, "lambda.amazonaws.com")) {
      throw new ServiceError(
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
      );
    }
    this.#functions.set(
      settings.functionName,
      new LambdaFunction(settings, this.account, this.transport),
    );
  }

  deleteFunction(name: string): void {
    this.#functions.delete(name);
    this.#policies.delete(name);
  }

  addPermission(functionName: string, id: string, statement: PolicyStatement): void {
    const name = this.get(functionName).settings.functionName;
    const statements = this.#policies.get(name) ?? new Map<string, PolicyStatement>();
    this.#policies.set(name, statements.set(id, statement));
  }

  removePermission(functionName: string, id: string): void {
    const name = this.find(functionName)?.settings.functionName;
    if (name) this.#policies.get(name)?.delete(id);
  }

  /** Whether the function's resource policy lets a service invoke it for this source. */
  policyAllows(functionArn: string, principal: string, sourceArn: string): boolean {
    const name = this.find(functionArn)?.settings.functionName ?? "";
    const statements = [...(this.#policies.get(name)?.values() ?? [])];
    return permissionsOf(statements).allow(principal, sourceArn, this.account.accountId);
  }

  effectsOf(requestId: string): Effects | undefined {
    for (const fn of this.#functions.values()) {
      const effects = fn.effectsOf(requestId);
      if (effects) return effects;
    }
    return undefined;
  }

  /** Invokes a function at once, or reports it throttled. */
  invoke(request: InvokeRequest): Invocation | undefined {
    const fn = this.get(request.functionName);
    const { logicalName, reservedConcurrency } = fn.settings;
    const throttledByFault = this.account.faults.throttles(logicalName, this.account.kernel.now);
    if (throttledByFault || fn.running >= (reservedConcurrency ?? this.#unreservedLeft(fn))) {
      fn.throttle(request);
      return undefined;
    }
    return fn.start(request);
  }

  /** Queues an event for a function: retried twice, a minute and two minutes later. Answers its request id. */
  invokeAsync(request: InvokeRequest): string {
    return this.#queue.send(request);
  }

  /** Writes a dead letter with the rights of the mapping's function. */
  deliverToDestination(
    roleArn: string,
    destinationArn: string,
    deadLetter: DeadLetter,
    done: (error?: Error) => void,
  ): void {
    deliverDeadLetter(this.account, roleArn, destinationArn, deadLetter, done);
  }

  remaining(): string[] {
    return [
      ...[...this.#functions.keys()].map((name) => `aws:lambda/function:Function ${name}`),
      ...[...this.mappings.keys()].map(
        (uuid) => `aws:lambda/eventSourceMapping:EventSourceMapping ${uuid}`,
      ),
    ];
  }

  unsettled(): string[] {
    return [...this.mappings.values()].flatMap((mapping) => mapping.unsettled());
  }

  #unreservedLeft(fn: LambdaFunction): number {
    const others = this.functions().filter((other) => other !== fn);
    const taken = others.map(({ running, settings }) => settings.reservedConcurrency ?? running);
    return ACCOUNT_CONCURRENCY - taken.reduce((sum, count) => sum + count, 0);
  }

  #invokeApi(input: InvokeInput, call: Call): object | typeof PENDING {
    refuseUnmodelled("Lambda.Invoke", input, ["FunctionName", "InvocationType", "Payload"]);
    const fn = this.get(input.FunctionName);
    const text = textOf(input.Payload);
    const type = input.InvocationType ?? "RequestResponse";
    if (type === "DryRun") return { StatusCode: 204 };
    checkJson(text);
    const base = {
      functionName: fn.settings.functionName,
      event: () => JSON.parse(text) as unknown,
      recordCount: 1,
      identity: `${type} ${fn.settings.functionName}`,
      source: `Invoke (${type})`,
    };
    if (type === "Event") {
      const requestId = this.invokeAsync({ ...base, onOutcome: () => {} });
      return { StatusCode: 202, Payload: blob(""), $metadata: { requestId, httpStatusCode: 202 } };
    }
    this.invoke({ ...base, onOutcome: (invocation) => answerInvoke(invocation, call) });
    return PENDING;
  }
}

function answerInvoke(invocation: Invocation, call: Call): void {
  const { error, outcome, requestId, response } = invocation;
  if (outcome === "throttled") {
    call.fail(
      new ServiceError("TooManyRequestsException", "Rate Exceeded.", {
        statusCode: 429,
        members: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" },
      }),
    );
    return;
  }
  const output = { StatusCode: 200, ExecutedVersion: "$LATEST", $metadata: { requestId } };
  if (outcome === "ok") call.succeed({ ...output, Payload: blob(JSON.stringify(response)) });
  else {
    const payload = blob(JSON.stringify({ ...error, trace: [] }));
    call.succeed({ ...output, FunctionError: "Unhandled", Payload: payload });
  }
}

function configurationOf({ settings }: LambdaFunction): object {
  return {
    FunctionName: settings.functionName,
    FunctionArn: settings.arn,
    Role: settings.roleArn,
    Handler: settings.handler,
    Timeout: settings.timeoutMs / 1000,
    MemorySize: settings.memoryMb,
    Environment: { Variables: { ...settings.environment } },
    CodeSha256: settings.artifact.sha256,
    Version: "$LATEST",
    State: "Active",
  };
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new ServiceError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(cause as Error).message}`,
    );
  }
}

function textOf(payload: Uint8Array | string | undefined): string {
  if (payload === undefined || payload.length === 0) return "{}";
  return typeof payload === "string" ? payload : Buffer.from(payload).toString("utf8");
}

/** A payload as the SDK hands it out: bytes that can be turned into text. */
function blob(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, "utf8"));
  const transformToString = (encoding: BufferEncoding = "utf8"): string =>
    Buffer.from(bytes).toString(encoding);
  return Object.assign(bytes, { transformToString });
}
