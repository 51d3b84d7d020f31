import { SimulatedAccount } from "../../../simulator/account";
import type { AssumptionValues } from "../../../simulator/assumptions";
import { catalogue } from "../../../simulator/deploy/catalogue";
import { Planner } from "../../../simulator/deploy/plan";
import type { Fault } from "../../../simulator/kernel/faults";
import type { AsynchronousEvent } from "../../../simulator/services/lambda/asynchronous-event";
import type { Invocation } from "../../../simulator/services/lambda/invocation";
import type { Message } from "../../../simulator/services/sqs/message";
import { PENDING, type Call, type Resource } from "../../../simulator/services/service";
import { ACCOUNT_ID, documentOf, REGION, START_MS, trusting } from "../iam/account-fixture";

export const TARGET = { accountId: ACCOUNT_ID, region: REGION };

export const functionArn = (name: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;
export const queueArn = (name: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`;
export const topicArn = (name: string): string => `arn:aws:sns:${REGION}:${ACCOUNT_ID}:${name}`;
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;

const PROGRAM = { project: "test", stack: "test", ...TARGET };

const definitions = new Map(catalogue.resources.map((definition) => [definition.type, definition]));

export interface FunctionOptions {
  /** The body of `exports.handler = async (event, context) => { … }`. @default fails */
  readonly handler?: string;
  /** Statements of the role; the function's own name is the role's. @default may do everything */
  readonly statements?: readonly object[];
  readonly inputs?: Record<string, unknown>;
}

/** A real account, with short words for functions and what they leave behind. */
export class FunctionWorld extends SimulatedAccount {
  readonly #planner = new Planner(catalogue.resources, PROGRAM);

  constructor(options: { assumptions?: AssumptionValues; faults?: readonly Fault[] } = {}) {
    const { assumptions = {}, faults = [] } = options;
    super(TARGET, { seed: 1, assumptions, faults, startAtMs: START_MS }, definitions);
  }

  /** Makes one resource. @throws what its definition throws, or its problems */
  make(type: string, name: string, inputs: Record<string, unknown>): Resource {
    const { problems, resource } = this.#planner.check({ urn: `urn:${name}`, type, name, inputs });
    if (!resource) throw new Error(problems.join("\n"));
    this.#planner.definition(type)!.create(resource as never, this as never);
    return resource;
  }

  /** Changes a resource in place, as the next deployment does; answers what it is then. */
  change(previous: Resource, inputs: Record<string, unknown>): Resource {
    const { name, type, urn } = previous;
    const definition = this.#planner.definition(type)!;
    const deployed = definition.refresh?.(previous as never, this as never) ?? previous;
    const planner = new Planner(catalogue.resources, PROGRAM, [deployed]);
    const { problems, resource } = planner.check({ urn, type, name, inputs });
    if (!resource) throw new Error(problems.join("\n"));
    definition.update(resource as never, previous as never, this as never);
    return resource;
  }

  /** An alias of a function; `weights` holds the share of a second version. */
  alias(
    name: string,
    functionName: string,
    functionVersion: string,
    weights?: Record<string, number>,
  ): Resource {
    return this.make("aws:lambda/alias:Alias", name, {
      ...{ name, functionName, functionVersion },
      ...(weights && { routingConfig: { additionalVersionWeights: weights } }),
    });
  }

  /** A call of Lambda's API, as an administrator. */
  call<Output = Record<string, unknown>>(operation: string, input: object): Output {
    const { execute } = this.services.lambda.operations[operation]!;
    return execute(input as never, {} as Call) as Output;
  }

  /** A function `name` with the role `name`. */
  fn(name: string, { handler = FAILS, inputs, statements = EVERYTHING }: FunctionOptions = {}) {
    this.make("aws:iam/role:Role", name, { name, assumeRolePolicy: trusting() });
    this.allow(name, statements);
    return this.make("aws:lambda/function:Function", name, {
      name,
      code: artifact(handler),
      handler: "__index.handler",
      role: roleArn(name),
      runtime: "nodejs22.x",
      ...inputs,
    });
  }

  /** Replaces what a role may do. */
  allow(role: string, statements: readonly object[]): void {
    const policy = documentOf(...(statements.length > 0 ? statements : NOTHING));
    this.make("aws:iam/rolePolicy:RolePolicy", `${role}-policy`, { name: "inline", role, policy });
  }

  configure(functionName: string, inputs: Record<string, unknown>): Resource {
    const type = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig";
    return this.make(type, `${functionName}-config`, { functionName, ...inputs });
  }

  queue(name: string, inputs: Record<string, unknown> = {}): string {
    this.make("aws:sqs/queue:Queue", name, { name, ...inputs });
    return queueArn(name);
  }

  messages(name: string): readonly Readonly<Message>[] {
    return this.services.sqs.messagesOf(queueArn(name));
  }

  /** The bodies in a queue, parsed. */
  bodies<Body = Record<string, unknown>>(name: string): Body[] {
    return this.messages(name).map(({ body }) => JSON.parse(body) as Body);
  }

  /** Invokes through the API, as an administrator; resolves to the answer. */
  invoke(name: string, payload: unknown = { n: 1 }, type = "Event"): Promise<InvokeAnswer> {
    return new Promise((resolve, reject) => {
      const answer = (output: object): void => {
        const { Payload, ...rest } = output as { Payload: Uint8Array };
        const text = Buffer.from(Payload).toString("utf8");
        resolve({ ...rest, value: text === "" ? undefined : (JSON.parse(text) as unknown) });
      };
      const call = { succeed: answer, fail: reject } as unknown as Call;
      const input = { FunctionName: name, InvocationType: type, Payload: JSON.stringify(payload) };
      const output = this.services.lambda.operations.Invoke!.execute(input as never, call);
      if (output !== PENDING) answer(output);
    });
  }

  /** Invokes and waits for the answer. */
  async ask(name: string, payload: unknown = { n: 1 }): Promise<InvokeAnswer> {
    const answer = this.invoke(name, payload, "RequestResponse");
    let done = false;
    const end = (): void => {
      done = true;
    };
    answer.then(end, end);
    await this.kernel.runUntil(() => done);
    return answer;
  }

  runs(name: string): readonly Invocation[] {
    return this.services.lambda.get(name).invocations;
  }

  /** Seconds from the start of the account to each invocation, rounded. */
  seconds(name: string): number[] {
    return this.runs(name).map(({ startedAt }) => Math.round((startedAt - START_MS) / 1000));
  }

  events(name: string): readonly AsynchronousEvent[] {
    return this.services.lambda.asynchronousEvents(name);
  }

  metric(name: string, dimension: string): number {
    return this.services.cloudwatch.counter(name, dimension);
  }

  /** Runs what is due until so many seconds after the start. */
  async until(seconds: number): Promise<void> {
    await this.kernel.runUntil(() => false, START_MS + seconds * 1000);
  }
}

export interface InvokeAnswer {
  readonly StatusCode?: number;
  readonly FunctionError?: string;
  readonly ExecutedVersion?: string;
  readonly value: unknown;
}

export const FAILS = `throw new TypeError("broken");`;

const EVERYTHING = [{ Effect: "Allow", Action: "*", Resource: "*" }];
const NOTHING = [{ Effect: "Allow", Action: "sts:GetCallerIdentity", Resource: "*" }];

/** A deployment package whose handler has this body. */
export const artifact = (body: string) => ({
  files: { "__index.js": `exports.handler = async (event, context) => {\n${body}\n};` },
  packages: [],
  root: process.cwd(),
  sha256: body,
});
