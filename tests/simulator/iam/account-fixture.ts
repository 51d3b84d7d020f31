import { Planner } from "../../../simulator/deploy/plan";
import { Assumptions, type AssumptionValues } from "../../../simulator/assumptions";
import { Kernel } from "../../../simulator/kernel/kernel";
import { Random } from "../../../simulator/kernel/random";
import { Trace } from "../../../simulator/kernel/trace";
import { Usage } from "../../../simulator/kernel/usage";
import type { Account } from "../../../simulator/services/account";
import { CloudWatch, cloudWatchResources } from "../../../simulator/services/cloudwatch/service";
import { EventBridge, eventBridgeResources } from "../../../simulator/services/eventbridge/service";
import { Iam, iamResources } from "../../../simulator/services/iam/service";
import type { InvokeRequest } from "../../../simulator/services/lambda/invocation";
import { S3, s3Resources } from "../../../simulator/services/s3/service";
import type { Call, Caller, Resource, Service } from "../../../simulator/services/service";
import { PENDING } from "../../../simulator/services/service";
import { Sns, snsResources } from "../../../simulator/services/sns/service";
import { Sqs, sqsResources } from "../../../simulator/services/sqs/service";

export const ACCOUNT_ID = "123456789012";
export const REGION = "eu-west-1";
export const START_MS = Date.UTC(2026, 0, 1);

const ADMINISTRATOR: Caller = {
  kind: "administrator",
  arn: `arn:aws:iam::${ACCOUNT_ID}:user/administrator`,
};

/** The parts of Lambda and DynamoDB that the services under test ask for. */
export class LambdaStub {
  readonly functions = new Set<string>();
  /** `<function ARN> <principal> <source ARN>` */
  readonly permitted = new Set<string>();
  readonly requests: InvokeRequest[] = [];
  /** What `effectsOf` answers; by default a run without effect. */
  effects = { writes: 0, itemsRead: 0 };
  outcome: "ok" | "error" = "ok";
  /** How long a run takes; its outcome is reported then. */
  durationMs = 0;

  constructor(private readonly kernel: Kernel) {}

  find(arn: string): object | undefined {
    return this.functions.has(arn) ? {} : undefined;
  }

  policyAllows(arn: string, principal: string, sourceArn: string): boolean {
    return this.permitted.has(`${arn} ${principal} ${sourceArn}`);
  }

  invokeAsync(request: InvokeRequest): void {
    this.requests.push(request);
    const requestId = String(this.requests.length);
    this.kernel.after(this.durationMs, "stub: invocation ends", () =>
      request.onOutcome({ requestId, outcome: this.outcome } as never),
    );
  }

  effectsOf(): { writes: number; itemsRead: number } {
    return this.effects;
  }
}

/** An account with the real kernel and the real services that belong together. */
export class TestAccount {
  readonly accountId = ACCOUNT_ID;
  readonly region = REGION;
  readonly trace = new Trace();
  readonly kernel = new Kernel(START_MS, this.trace);
  readonly random = new Random(1);
  readonly usage = new Usage();
  readonly assumptions: Assumptions;
  readonly lambda = new LambdaStub(this.kernel);
  readonly #writeListeners: (() => void)[] = [];
  readonly services;
  readonly #planner = new Planner(
    [
      ...cloudWatchResources,
      ...eventBridgeResources,
      ...iamResources,
      ...s3Resources,
      ...snsResources,
      ...sqsResources,
    ],
    { project: "test", stack: "test", accountId: ACCOUNT_ID, region: REGION },
  );

  constructor(assumptions: AssumptionValues = {}) {
    this.assumptions = new Assumptions(assumptions);
    const account = this as unknown as Account;
    this.services = {
      cloudwatch: new CloudWatch(account),
      dynamodb: { onWrite: (listener: () => void) => this.#writeListeners.push(listener) },
      eventbridge: new EventBridge(account),
      iam: new Iam(account),
      lambda: this.lambda,
      s3: new S3(account),
      sns: new Sns(account),
      sqs: new Sqs(account),
    };
  }

  /** Lets virtual time pass. */
  async advance(seconds: number): Promise<void> {
    await this.kernel.runUntil(() => false, this.kernel.now + seconds * 1000);
  }

  /** A committed write to some table. */
  write(): void {
    for (const listener of this.#writeListeners) listener();
  }

  /** Makes a call as the transport does, without its latency; resolves to what the client would get. */
  call<Output = Record<string, unknown>>(
    service: Service,
    name: string,
    input: object,
    roleArn?: string,
  ): Promise<Output> {
    const caller: Caller = roleArn ? { kind: "role", arn: roleArn } : ADMINISTRATOR;
    const operation = service.operations[name]!;
    return new Promise<Output>((resolve, reject) => {
      const call: Call = {
        caller,
        operation: name,
        succeed: (output) => resolve(output as Output),
        fail: reject,
      };
      for (const required of operation.permissions(input as never, this as never)) {
        this.services.iam.authorize(caller, required);
      }
      const output = operation.execute(input as never, call);
      if (output !== PENDING) resolve(output as Output);
    });
  }

  /** What the deployer says about a resource: nothing, or its problems. */
  problems(type: string, name: string, inputs: Record<string, unknown>): readonly string[] {
    return this.#planner.check({ urn: `urn:${name}`, type, name, inputs }).problems;
  }

  /** Deploys one resource. */
  deploy(type: string, name: string, inputs: Record<string, unknown>): Resource {
    const resource = this.#plan(type, name, inputs);
    this.#planner.definition(type)!.create(resource as never, this as never);
    return resource;
  }

  update(previous: Resource, inputs: Record<string, unknown>): Resource {
    const resource = this.#plan(previous.type, previous.name, inputs);
    const definition = this.#planner.definition(previous.type)!;
    definition.update(resource as never, previous as never, this as never);
    return resource;
  }

  destroy(resource: Resource): void {
    this.#planner.definition(resource.type)!.delete(resource as never, this as never);
  }

  #plan(type: string, name: string, inputs: Record<string, unknown>): Resource {
    const { problems, resource } = this.#planner.check({ urn: `urn:${name}`, type, name, inputs });
    if (!resource) throw new Error(problems.join("\n"));
    return resource;
  }

  /** A role that Lambda may assume, with one inline policy of these statements. */
  role(name: string, statements: readonly object[] = []): string {
    this.deploy("aws:iam/role:Role", name, { name, assumeRolePolicy: trusting() });
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
    if (statements.length > 0) {
      this.deploy("aws:iam/rolePolicy:RolePolicy", `${name}-policy`, {
        name: "inline",
        role: name,
        policy,
      });
    }
    return `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
  }
}

export function trusting(service = "lambda.amazonaws.com"): string {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

export const documentOf = (...statements: object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** What a call is refused with: `<name>: <message>`. */
export async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (cause) {
    const { message, name } = cause as Error;
    return `${name}: ${message}`;
  }
  return "not refused";
}
