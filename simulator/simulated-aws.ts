import { SimulatedAccount } from "./account";
import type { AssumptionValues } from "./assumptions";
import { catalogue } from "./deploy/catalogue";
import type { Change } from "./deploy/changes";
import type { DeploymentFailure } from "./deploy/provider/failures";
import type { ServedAccount } from "./deploy/provider/serve";
import type { Program, StackOptions, Synthesis } from "./deploy/synthesize";
import type { Fault, FaultCount } from "./kernel/faults";
import type { TraceEntry } from "./kernel/trace";
import {
  connect,
  defaultMaxAttempts,
  injectedSettings,
  type ExceptionClasses,
  type SdkClient,
} from "./sdk/client";
import type { HttpRequest, HttpResponse } from "./services/apigateway/service";
import type { CommittedWrite } from "./services/dynamodb/service";
import type { AsynchronousEvent } from "./services/lambda/asynchronous-event";
import type { Invocation } from "./services/lambda/invocation";
import type { MappingDecision } from "./services/lambda/mappings/decision";
import { hostModule } from "./services/lambda/sandbox";
import type { Caller, ResourceDefinition } from "./services/service";
import { synthesisOf } from "./synthesis";

export interface StartOptions {
  /** Everything random derives from it. @default 1 */
  readonly seed?: number;
  /** See docs/assumptions.md. @default each assumption's first value */
  readonly assumptions?: AssumptionValues;
  /** @default none */
  readonly faults?: readonly Fault[];
  /** ISO 8601, or virtual milliseconds since the epoch. @default 2026-01-01T00:00:00Z */
  readonly startAt?: string | number;
}

/** An event source mapping, as far as a comparison wants to know. */
export interface MappingReport {
  /** UUID. */
  readonly uuid: string;
  /** The function's logical name. */
  readonly function: string;
  /** ARN of the stream or queue. */
  readonly source: string;
  /** The largest iterator age at any send, in milliseconds; 0 for a queue, which has no iterator. */
  readonly iteratorAgeMsMax: number;
  /** What it did with every record, in order. */
  readonly decisions: readonly MappingDecision[];
}

export interface ServeOptions {
  /** Of the loopback interface. @default any that is free */
  readonly port?: number;
  /** Requests of the engine that are to fail once. @default none */
  readonly failures?: readonly DeploymentFailure[];
}

const START_AT = "2026-01-01T00:00:00Z";

const definitions: ReadonlyMap<string, ResourceDefinition> = new Map(
  catalogue.resources.map((definition) => [definition.type, definition]),
);

/** A running simulated account. */
export class SimulatedAws {
  readonly seed: number;
  readonly #account: SimulatedAccount;
  #outputs: Readonly<Record<string, unknown>>;

  constructor(synthesis: Synthesis, options: StartOptions) {
    this.seed = options.seed ?? 1;
    const startAtMs = new Date(options.startAt ?? START_AT).getTime();
    if (Number.isNaN(startAtMs)) throw new Error(`startAt: not a time: ${options.startAt}`);
    this.#account = new SimulatedAccount(
      synthesis.target,
      {
        seed: this.seed,
        assumptions: options.assumptions ?? {},
        faults: options.faults ?? [],
        startAtMs,
      },
      definitions,
    );
    this.#account.deploy(synthesis);
    this.#outputs = synthesis.outputs;
    // Faults of an account that is still empty are held against what will be there: see `adoptOutputs`.
    if (synthesis.resources.length > 0) this.#refuseUnknownNames();
  }

  /** The program's outputs; they follow `update`. */
  get outputs(): Readonly<Record<string, unknown>> {
    return this.#outputs;
  }

  /** Virtual milliseconds since the epoch. */
  get now(): number {
    return this.#account.kernel.now;
  }

  /** Everything that happened, in order; `hash` identifies the run. */
  get trace(): { readonly entries: readonly TraceEntry[]; readonly hash: string } {
    return this.#account.trace;
  }

  /** What was used so far, by meter. */
  get usage(): Record<string, number> {
    this.#account.services.eventbridge.accountForSkipped();
    this.#account.services.lambda.accountForIdlePolls();
    return this.#account.usage.snapshot();
  }

  /** The values in force of all assumptions. */
  get assumptions(): Record<string, string | number> {
    return this.#account.assumptions.all();
  }

  /** The names of the assumptions that something in this run depended on. */
  get assumptionsUsed(): string[] {
    return this.#account.assumptions.used();
  }

  /** Every fault with how often it was planned and how often it hit. */
  faults(): FaultCount[] {
    return this.#account.faults.counts();
  }

  /** Mends whatever is wrong: no fault hits anything from now on, whatever its plan. */
  endFaults(): void {
    this.#account.faults.end();
  }

  /**
   * A real SDK v3 client inside the account, as an administrator, or as a role if `as` names its ARN.
   * Awaiting one of its calls lets virtual time pass.
   */
  client<Client extends object>(
    ClientClass: new (config: never) => Client,
    options: { readonly as?: string } = {},
  ): Client {
    const { kernel, random, region, transport } = this.#account;
    const client = new ClientClass(injectedSettings(region) as never);
    const sdkClient = client as unknown as SdkClient;
    const caller = this.#caller(options.as ?? this.#administratorArn);
    const draws = random.stream("clients");
    connect(sdkClient, {
      account: this.#account,
      transport: {
        nextRequestId: () => transport.nextRequestId(),
        call: (...call: Parameters<typeof transport.call>) => this.#drive(transport.call(...call)),
      } as typeof transport,
      endpoint: { caller: () => caller, deliver: (answer) => answer() },
      time: {
        fraction: () => draws.fraction(),
        sleep: (ms) =>
          this.#drive(new Promise((done) => kernel.after(ms, "client: SDK retry", () => done()))),
      },
      tokens: draws,
      maxAttempts: defaultMaxAttempts(sdkClient.config.serviceId),
      exceptions: () => exceptionsOf(sdkClient.config.serviceId),
    });
    return client;
  }

  /**
   * A request to a stage of API Gateway, signed by the role whose ARN is `as` (or by the administrator), unsigned
   * without it. Awaiting the answer lets virtual time pass.
   *
   * @throws NotModelledError for other URLs; an `Error` with Node's `code` where a client's connection would fail
   */
  http({ as, ...request }: HttpRequest & { readonly as?: string }): Promise<HttpResponse> {
    const caller = as === undefined ? undefined : this.#caller(as);
    return this.#drive(this.#account.services.apigateway.request(request, caller));
  }

  /** Lets virtual time pass, fractions of a second allowed, and runs what is due. */
  async advance({ seconds }: { readonly seconds: number }): Promise<void> {
    await this.#account.kernel.runUntil(() => false, this.now + Math.round(seconds * 1000));
  }

  /**
   * Runs until every source is drained, nothing is in flight and no retry is scheduled.
   *
   * @throws an `Error` that lists what is still pending after `withinSeconds`
   */
  async settle({ withinSeconds }: { readonly withinSeconds: number }): Promise<void> {
    const { kernel } = this.#account;
    const isSettled = (): boolean => kernel.quiet && this.pending().length === 0;
    const deadlineMs = this.now + Math.round(withinSeconds * 1000);
    if (await kernel.runUntil(isSettled, deadlineMs)) return;
    const scheduled = kernel.pending(5).map(({ atMs, label }) => `at ${atMs}: ${label}`);
    const lines = [...this.pending(), ...scheduled].map((line) => `  ${line}`).join("\n");
    throw new Error(`Not settled within ${withinSeconds} s (seed ${this.seed}):\n${lines}`);
  }

  /** What is waiting in the account: one line each, none when settled. */
  pending(): string[] {
    return Object.values(this.#account.services).flatMap((service: { unsettled(): string[] }) =>
      service.unsettled(),
    );
  }

  /** The invocations of a function, oldest first: by logical name, physical name or ARN. */
  invocations(functionName: string): readonly Invocation[] {
    return this.#account.services.lambda.get(functionName).invocations;
  }

  /** The events that a function was sent asynchronously, oldest first, and what became of each. */
  asynchronousEvents(functionName: string): readonly AsynchronousEvent[] {
    return this.#account.services.lambda.asynchronousEvents(functionName);
  }

  /** Every event source mapping. */
  mappings(): MappingReport[] {
    const { lambda } = this.#account.services;
    return [...lambda.mappings.values()].map((mapping) => ({
      uuid: mapping.settings.uuid,
      function: lambda.get(mapping.settings.functionArn).settings.logicalName,
      source: mapping.source.arn,
      iteratorAgeMsMax: mapping.iteratorAgeMsMax,
      decisions: mapping.decisions,
    }));
  }

  /** The committed writes to a table, oldest first, each with the invocation that made it. */
  writes(table: string): readonly CommittedWrite[] {
    return this.#account.services.dynamodb.writes(this.#physicalName(table));
  }

  /** Calls `check` after every event, when all it woke has run. For invariants: it must not act. */
  onEventDone(check: () => void): void {
    this.#account.kernel.onEventDone(check);
  }

  /**
   * Deploys another version of the program: resources change in place, records stay in flight.
   *
   * @returns what was created, changed, replaced and deleted
   * @throws as `synthesize` does; the account is left as it was
   */
  async update(program: Program | string, options: StackOptions = {}): Promise<readonly Change[]> {
    const synthesis = await synthesisOf(program, options, this.#account.refreshed());
    const changes = this.#account.deploy(synthesis);
    this.#outputs = synthesis.outputs;
    return changes;
  }

  /**
   * Lets the Pulumi engine deploy into the account, as AWS's provider, until it is closed: `pulumi up`, `preview`,
   * `refresh` and `destroy`, of any number of stacks. Deploying takes no virtual time.
   *
   * @throws an `Error` if the port is taken
   */
  async serve({ port = 0, failures = [] }: ServeOptions = {}): Promise<ServedAccount> {
    const { serveAccount } = await import("./deploy/provider/serve.js");
    return serveAccount(this.#account, catalogue, port, failures);
  }

  /**
   * Takes the outputs of what the engine has deployed, which a provider is not told.
   *
   * @throws an `Error` if a fault names what is not deployed
   */
  adoptOutputs(outputs: Readonly<Record<string, unknown>>): void {
    this.#outputs = outputs;
    this.#refuseUnknownNames();
  }

  /** What is deployed: type, name, id, validated inputs and outputs of each. */
  get resources(): Synthesis["resources"] {
    return this.#account.resources;
  }

  /** Everything that is in the account, whoever made it: `<Pulumi type> <id>` each. */
  remaining(): string[] {
    return this.#account.remaining();
  }

  /** Deletes every resource of the program. Resolves to what is still there: `[]` if nothing is. */
  async destroy(): Promise<string[]> {
    return this.#account.destroy();
  }

  get #administratorArn(): string {
    return `arn:aws:iam::${this.#account.accountId}:user/administrator`;
  }

  #caller(arn: string): Caller {
    return { kind: arn === this.#administratorArn ? "administrator" : "role", arn };
  }

  /** A caller outside the account waits: time passes until it has its answer. */
  async #drive<T>(answer: Promise<T>): Promise<T> {
    let answered = false;
    const done = (): void => {
      answered = true;
    };
    answer.then(done, done);
    await this.#account.kernel.runUntil(() => answered);
    return answer;
  }

  #physicalName(name: string): string {
    const named = this.#account.resources.find((resource) => resource.name === name);
    return named?.id ?? name;
  }

  #refuseUnknownNames(): void {
    const { faults, services } = this.#account;
    const { apigateway, eventbridge, lambda } = services;
    const apis = apigateway.logicalNames;
    const problems = this.faults().flatMap(({ fault }) => apigateway.problemWithFault(fault) ?? []);
    if (problems.length > 0) throw new Error(`Faults refused:\n${problems.join("\n")}`);
    const functions = faults.functions.filter((name) => !lambda.find(name) && !apis.includes(name));
    const deployed = [...lambda.functions().map((fn) => fn.settings.logicalName), ...apis];
    refuseUnknown("functions", functions, deployed);
    const rules = eventbridge.ruleNames;
    refuseUnknown(
      "rules",
      faults.rules.filter((name) => !rules.includes(name)),
      rules,
    );
  }
}

function refuseUnknown(
  what: "functions" | "rules",
  unknown: readonly string[],
  deployed: readonly string[],
): void {
  if (unknown.length === 0) return;
  throw new Error(
    `Faults name ${what} that are not deployed: ${unknown.join(", ")}. ` +
      `Deployed: ${deployed.join(", ") || "none"}.`,
  );
}

/** The package of a service's SDK client; its exceptions are what calls reject with. */
function exceptionsOf(serviceId: string): ExceptionClasses {
  return hostModule(`@aws-sdk/client-${serviceId.toLowerCase().replace(/\s/g, "-")}`);
}
