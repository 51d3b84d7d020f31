import { Assumptions, type AssumptionValues } from "./assumptions";
import { changesBetween, inverse, type Change } from "./deploy/changes";
import type { Synthesis } from "./deploy/synthesize";
import { FaultPlan, type Fault } from "./kernel/faults";
import { Kernel } from "./kernel/kernel";
import { Random } from "./kernel/random";
import { Trace } from "./kernel/trace";
import { Usage } from "./kernel/usage";
import { Transport } from "./sdk/transport";
import type { Account, Services } from "./services/account";
import { ApiGateway } from "./services/apigateway/service";
import { CloudWatch } from "./services/cloudwatch/service";
import { DynamoDb } from "./services/dynamodb/service";
import { EventBridge } from "./services/eventbridge/service";
import { Iam } from "./services/iam/service";
import { Kinesis } from "./services/kinesis/service";
import { missingDestinationPermissions } from "./services/lambda/destination-permissions";
import { Lambda } from "./services/lambda/service";
import { missingSourcePermissions } from "./services/lambda/mappings/resource";
import { S3 } from "./services/s3/service";
import type { Resource, ResourceDefinition } from "./services/service";
import { Sns } from "./services/sns/service";
import { Sqs } from "./services/sqs/service";

export interface AccountOptions {
  readonly seed: number;
  readonly assumptions: AssumptionValues;
  readonly faults: readonly Fault[];
  readonly startAtMs: number;
}

/** An account with a deployment in it: the services, and the resources a program put there. */
export class SimulatedAccount implements Account {
  readonly accountId: string;
  readonly region: string;
  readonly trace = new Trace();
  readonly usage = new Usage();
  readonly kernel: Kernel;
  readonly random: Random;
  readonly assumptions: Assumptions;
  readonly faults: FaultPlan;
  readonly transport: Transport;
  readonly services: Services;
  #resources: readonly Resource[] = [];

  constructor(
    target: { accountId: string; region: string },
    { assumptions, faults, seed, startAtMs }: AccountOptions,
    private readonly definitions: ReadonlyMap<string, ResourceDefinition>,
  ) {
    this.accountId = target.accountId;
    this.region = target.region;
    this.kernel = new Kernel(startAtMs, this.trace);
    this.random = new Random(seed);
    this.assumptions = new Assumptions(assumptions);
    this.faults = new FaultPlan(faults, this.random);
    this.transport = new Transport(this);
    this.services = {
      apigateway: new ApiGateway(this),
      cloudwatch: new CloudWatch(this),
      dynamodb: new DynamoDb(this),
      eventbridge: new EventBridge(this),
      iam: new Iam(this),
      kinesis: new Kinesis(this),
      lambda: new Lambda(this, this.transport),
      s3: new S3(this),
      sns: new Sns(this),
      sqs: new Sqs(this),
    };
  }

  /**
   * Makes the account hold exactly the resources of `synthesis`. Deletions come last: whatever is refused before is
   * taken back without loss. A deletion that is refused is not: as with Pulumi, the next deployment tries it again.
   *
   * @throws an `Error` naming the resources that could not be created or changed; the account is as it was
   */
  deploy(synthesis: Synthesis): Change[] {
    const changes = changesBetween(this.#resources, synthesis.resources, (type) =>
      this.#definition(type),
    );
    const done: Change[] = [];
    try {
      for (const change of changes.filter(({ kind }) => kind !== "delete")) {
        this.#apply(change);
        done.push(change);
      }
      const made = done.flatMap((change) => ("next" in change ? [change.next] : []));
      this.#refuseMissingPermissions(synthesis.resources, made);
    } catch (cause) {
      for (const change of done.reverse()) this.#apply(inverse(change));
      throw cause;
    }
    const gone = changes.flatMap((change) => (change.kind === "delete" ? [change.previous] : []));
    // In the order of creation, for deletion starts at the end.
    this.#resources = [...synthesis.resources, ...gone.reverse()];
    this.#deleteFrom(synthesis.resources.length);
    return changes;
  }

  /**
   * Makes one change by itself, for a front end that orders changes: permissions must be there already, as on AWS.
   *
   * @throws an `Error` naming the resource; nothing has changed
   */
  makeChange(change: Exclude<Change, { kind: "replace" }>): void {
    this.#apply(change);
    if (change.kind === "delete") {
      this.forget(change.previous);
      return;
    }
    const { next } = change;
    try {
      this.#refuseMissingPermissions([next], [next]);
    } catch (cause) {
      this.#apply(inverse(change));
      throw cause;
    }
    this.#resources =
      change.kind === "create"
        ? [...this.#resources, next]
        : this.#resources.map((resource) => (resource === change.previous ? next : resource));
  }

  /** Drops a resource that has gone without a deployment. */
  forget(gone: Resource): void {
    this.#resources = this.#resources.filter((resource) => resource !== gone);
  }

  /** Deletes every resource, last made first, and answers what is still there. */
  destroy(): string[] {
    this.#deleteFrom(0);
    return this.remaining();
  }

  /** What is there, whoever made it: `<Pulumi type> <id>` each. */
  remaining(): string[] {
    return Object.values(this.services as unknown as Record<string, { remaining(): string[] }>)
      .flatMap((service) => service.remaining())
      .sort();
  }

  get resources(): readonly Resource[] {
    return this.#resources;
  }

  /** The resources as API calls have left them, where that matters to the next deployment. */
  refreshed(): readonly Resource[] {
    return this.#resources.map((resource) => this.refresh(resource));
  }

  refresh(resource: Resource): Resource {
    const definition = this.#definition(resource.type);
    return definition.refresh?.(resource as never, this) ?? resource;
  }

  /** Deletes all resources but the first `kept`, last made first. */
  #deleteFrom(kept: number): void {
    while (this.#resources.length > kept) {
      this.#apply({ kind: "delete", previous: this.#resources.at(-1)! });
      this.#resources = this.#resources.slice(0, -1);
    }
  }

  #apply(change: Change): void {
    const resource = change.kind === "delete" ? change.previous : change.next;
    const definition = this.#definition(resource.type);
    this.trace.append(this.kernel.now, `deploy: ${change.kind} ${resource.type} ${resource.name}`);
    try {
      if (change.kind === "create") definition.create(change.next as never, this);
      else if (change.kind === "update") {
        definition.update(change.next as never, change.previous as never, this);
      } else if (change.kind === "delete") definition.delete(change.previous as never, this);
      else {
        definition.delete(change.previous as never, this);
        definition.create(change.next as never, this);
      }
    } catch (cause) {
      const { message, name } = cause as Error;
      const doing = `${resource.name} (${resource.type}): cannot ${change.kind}`;
      throw new Error(`${doing}: ${name}: ${message}`, { cause });
    }
  }

  /** @throws an `Error` that lists what the roles of `mappings`' and `changed` functions lack */
  #refuseMissingPermissions(mappings: readonly Resource[], changed: readonly Resource[]): void {
    const problems = [
      ...this.#missingPermissions(mappings),
      ...missingDestinationPermissions(this, changed),
    ];
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }

  /** On AWS, creating a mapping fails when its function may not read the source. */
  #missingPermissions(resources: readonly Resource[]): string[] {
    return resources
      .filter((resource) => resource.type === "aws:lambda/eventSourceMapping:EventSourceMapping")
      .flatMap((mapping) => {
        const { eventSourceArn, functionName } = mapping.inputs as Record<string, string>;
        const fn = this.services.lambda.find(functionName ?? "");
        if (!fn || !eventSourceArn) return [];
        const { roleArn } = fn.settings;
        return missingSourcePermissions(this, roleArn, eventSourceArn).map(
          (problem) => `${mapping.name} (${mapping.type}): ${problem}`,
        );
      });
  }

  #definition(type: string): ResourceDefinition {
    const definition = this.definitions.get(type);
    if (!definition) throw new Error(`${type} is not modelled by the simulated account`);
    return definition;
  }
}
