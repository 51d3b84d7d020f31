import type { Transport } from "../../sdk/transport";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Operation, Service } from "../service";
import { Alias, checkAlias, type AliasSettings } from "./alias";
import { aliasOperations } from "./alias-operations";
import type { AsynchronousEvent } from "./asynchronous-event";
import { AsynchronousQueue } from "./asynchronous-queue";
import { deliverDeadLetter } from "./destinations";
import { DEFAULT_EVENT_INVOKE_SETTINGS, type EventInvokeSettings } from "./event-invoke-config";
import { LambdaFunction } from "./function";
import { keyOf, LATEST, parseFunctionName } from "./function-name";
import { functionOperations } from "./function-operations";
import { FunctionTarget } from "./function-target";
import type { FunctionVersion } from "./function-version";
import type { Invocation, InvokeRequest } from "./invocation";
import { invokeOperation } from "./invoke-operation";
import { LayerVersions } from "./layer-versions";
import type { DeadLetter } from "./mappings/dead-letter";
import type { EventSourceMapping } from "./mappings/mapping";
import { QueueMapping } from "./mappings/queue-mapping";
import { permissionOperations } from "./permission-operations";
import { ResourcePolicies, type PolicyStatement } from "./permissions";
import type { Effects, FunctionSettings } from "./running-invocation";

/** Concurrent invocations per account and Region. Source: "Lambda quotas". */
const ACCOUNT_CONCURRENCY = 1000;

/** What functions without a reservation always keep between them. Source: "Configuring reserved concurrency". */
const UNRESERVED_CONCURRENCY_MIN = 100;

/** AWS Lambda: functions, their invocations, and the event source mappings that read streams for them. */
export class Lambda implements Service {
  readonly serviceId = "Lambda";
  readonly layers = new LayerVersions();
  /** Who may invoke functions, by key of the function, version or alias. */
  readonly policies = new ResourcePolicies();
  /** By UUID. */
  readonly mappings = new Map<string, EventSourceMapping>();
  readonly operations: Readonly<Record<string, Operation>>;
  /** By physical name. */
  readonly #functions = new Map<string, LambdaFunction>();
  /** By the text that names them; forgotten when what names mean may have changed. */
  readonly #targets = new Map<string, FunctionTarget>();
  /** By key of the function, version or alias. */
  readonly #eventInvokeSettings = new Map<string, EventInvokeSettings>();
  readonly #queue: AsynchronousQueue;

  constructor(
    readonly account: Account,
    private readonly transport: Transport,
  ) {
    this.#queue = new AsynchronousQueue(account, this);
    this.operations = {
      Invoke: invokeOperation(this),
      ...aliasOperations(this),
      ...functionOperations(this),
      ...permissionOperations(this),
    };
  }

  /** By name, ARN or name in the program, each with or without a qualifier. @throws ResourceNotFoundException */
  get(name: string): FunctionTarget {
    const found = this.find(name);
    if (found) return found;
    throw new ServiceError("ResourceNotFoundException", `Function not found: ${this.arnOf(name)}`, {
      statusCode: 404,
    });
  }

  find(name: string): FunctionTarget | undefined {
    const known = this.#targets.get(name);
    if (known) return known;
    const target = this.#resolve(name);
    if (target) this.#targets.set(name, target);
    return target;
  }

  functions(): LambdaFunction[] {
    return [...this.#functions.values()];
  }

  /** The ARN that a name stands for, qualified if the name is. */
  arnOf(name: string): string {
    if (name.startsWith("arn:")) return name;
    const { accountId, region } = this.account;
    return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  }

  /** @param version published at once, if given */
  createFunction(settings: FunctionSettings, version?: string): void {
    if (!this.account.services.iam.canAssume(settings.roleArn, "lambda.amazonaws.com")) {
      throw new ServiceError(
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
      );
    }
    this.checkReservation(settings.functionName, settings.reservedConcurrency);
    const fn = new LambdaFunction(settings, this.account, this.transport);
    this.#functions.set(settings.functionName, fn);
    this.#targets.clear();
    if (version !== undefined) this.publish(fn, version);
  }

  /** @throws InvalidParameterValueException, ResourceNotFoundException */
  updateFunction(name: string, settings: FunctionSettings): void {
    this.checkReservation(settings.functionName, settings.reservedConcurrency);
    this.get(name).fn.update(settings);
  }

  deleteFunction(name: string): void {
    this.#functions.delete(name);
    this.#forget((key) => key === name || key.startsWith(`${name}:`));
  }

  /** Makes a version of what `$LATEST` is now. */
  publish(fn: LambdaFunction, version: string): FunctionVersion {
    this.#targets.clear();
    const { kernel, trace } = this.account;
    trace.append(kernel.now, `${fn.settings.logicalName}: version ${version} is published`);
    return fn.publish(version);
  }

  unpublish(name: string, version: string): void {
    this.find(name)?.fn.unpublish(version);
    this.#targets.clear();
  }

  /** @throws ResourceNotFoundException, ResourceConflictException, InvalidParameterValueException */
  createAlias(functionName: string, settings: AliasSettings): void {
    const { fn } = this.get(functionName);
    if (fn.aliases.has(settings.name)) {
      const message = `Alias already exists: ${fn.settings.arn}:${settings.name}`;
      throw new ServiceError("ResourceConflictException", message, { statusCode: 409 });
    }
    checkAlias(fn, settings);
    fn.aliases.set(settings.name, new Alias(settings));
  }

  /** @throws ResourceNotFoundException, InvalidParameterValueException */
  updateAlias(functionName: string, settings: AliasSettings): void {
    const { fn } = this.get(functionName);
    const alias = this.alias(fn, settings.name);
    checkAlias(fn, settings);
    alias.settings = settings;
  }

  /** @throws ResourceNotFoundException */
  alias({ aliases, settings }: LambdaFunction, name: string): Alias {
    const alias = aliases.get(name);
    if (alias) return alias;
    const message = `Cannot find alias arn: ${settings.arn}:${name}`;
    throw new ServiceError("ResourceNotFoundException", message, { statusCode: 404 });
  }

  deleteAlias(functionName: string, name: string): void {
    const fn = this.find(functionName)?.fn;
    fn?.aliases.delete(name);
    const gone = keyOf({ ...parseFunctionName(functionName), qualifier: name });
    this.#forget((key) => key === gone);
  }

  /** `undefined`: the defaults again. @throws ResourceNotFoundException */
  putEventInvokeSettings(name: string, settings: EventInvokeSettings | undefined): void {
    if (settings) this.#eventInvokeSettings.set(this.get(name).key, settings);
    else this.#eventInvokeSettings.delete(this.#keyOf(name));
  }

  /** Versions and aliases have their own, and the defaults otherwise (assumption: alias.eventInvokeConfig). */
  eventInvokeSettings({ fn, key }: FunctionTarget): EventInvokeSettings {
    const own = this.#eventInvokeSettings.get(key);
    const ofFunction = this.#eventInvokeSettings.get(fn.settings.functionName);
    if (own || !ofFunction) return own ?? DEFAULT_EVENT_INVOKE_SETTINGS;
    const inherits = this.account.assumptions.choice("alias.eventInvokeConfig") === "function";
    return inherits ? ofFunction : DEFAULT_EVENT_INVOKE_SETTINGS;
  }

  /** The events that a function was sent asynchronously, oldest first. @throws ResourceNotFoundException */
  asynchronousEvents(functionName: string): readonly AsynchronousEvent[] {
    return this.#queue.events(this.get(functionName).settings.logicalName);
  }

  /** @throws ResourceNotFoundException, ResourceConflictException, InvalidParameterValueException */
  addPermission(functionName: string, id: string, statement: PolicyStatement): void {
    if (parseFunctionName(functionName).qualifier === LATEST) {
      const message = "We currently do not support adding policies for $LATEST.";
      throw new ServiceError("InvalidParameterValueException", message);
    }
    this.policies.add(this.get(functionName).key, id, statement);
  }

  /** @returns whether it was there */
  removePermission(functionName: string, id: string): boolean {
    return this.policies.remove(this.#keyOf(functionName), id);
  }

  /** Whether the resource policy of a function, version or alias lets a service invoke it for this source. */
  policyAllows(functionArn: string, principal: string, sourceArn: string): boolean {
    const key = this.find(functionArn)?.key;
    if (key === undefined) return false;
    return this.policies.allow(key, principal, sourceArn, this.account.accountId);
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
    const target = this.get(request.functionName);
    const { fn } = target;
    const version = target.route(request, this.account);
    const { faults, kernel } = this.account;
    const throttledByFault = faults.throttles(fn.settings.logicalName, kernel.now);
    if (throttledByFault || fn.running >= (fn.reservedConcurrency ?? this.#unreservedLeft(fn))) {
      fn.throttle(request, version);
      return undefined;
    }
    return fn.start(request, version, target.arn);
  }

  /**
   * Queues an event for a function: retried as its configuration says, by default a minute and two minutes later.
   * Answers its request id.
   */
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
      ...this.layers.remaining().map((arn) => `aws:lambda/layerVersion:LayerVersion ${arn}`),
    ];
  }

  /** Adds the empty polls of queues' mappings, which are not run, to what was used. */
  accountForIdlePolls(): void {
    for (const mapping of this.mappings.values()) {
      if (mapping instanceof QueueMapping) mapping.accountForIdlePolls();
    }
  }

  unsettled(): string[] {
    return [...this.mappings.values()].flatMap((mapping) => mapping.unsettled());
  }

  /** @throws InvalidParameterValueException if functions without a reservation were left too little */
  checkReservation(functionName: string, reserved = 0): void {
    const others = this.functions().filter(
      ({ settings }) => settings.functionName !== functionName,
    );
    const unreserved = others.reduce(
      (left, { reservedConcurrency = 0 }) => left - reservedConcurrency,
      ACCOUNT_CONCURRENCY - reserved,
    );
    if (unreserved >= UNRESERVED_CONCURRENCY_MIN) return;
    throw new ServiceError(
      "InvalidParameterValueException",
      "Specified ReservedConcurrentExecutions for function decreases account's " +
        `UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`,
    );
  }

  #unreservedLeft(fn: LambdaFunction): number {
    const others = this.functions().filter((other) => other !== fn);
    const taken = others.map(({ reservedConcurrency, running }) => reservedConcurrency ?? running);
    return ACCOUNT_CONCURRENCY - taken.reduce((sum, count) => sum + count, 0);
  }

  #resolve(text: string): FunctionTarget | undefined {
    const { name, qualifier } = parseFunctionName(text);
    const inProgram = text.startsWith("arn:")
      ? undefined
      : this.functions().find(({ settings }) => settings.logicalName === name);
    const fn = this.#functions.get(name) ?? inProgram;
    const named = fn?.version(qualifier ?? LATEST) ?? fn?.aliases.get(qualifier ?? "");
    return fn && named && new FunctionTarget(fn, qualifier, named);
  }

  /** Also of a version or an alias that has gone. */
  #keyOf(text: string): string {
    const { name, qualifier } = parseFunctionName(text);
    return keyOf({ name: this.find(name)?.settings.functionName ?? name, qualifier });
  }

  /** Policies and settings go with what they are about. */
  #forget(isGone: (key: string) => boolean): void {
    this.#targets.clear();
    this.policies.removeAll(isGone);
    for (const key of [...this.#eventInvokeSettings.keys()]) {
      if (isGone(key)) this.#eventInvokeSettings.delete(key);
    }
  }
}
