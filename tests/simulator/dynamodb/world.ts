import { Assumptions, type AssumptionValues } from "../../../simulator/assumptions";
import { Kernel } from "../../../simulator/kernel/kernel";
import { Trace } from "../../../simulator/kernel/trace";
import { Usage } from "../../../simulator/kernel/usage";
import type { Account } from "../../../simulator/services/account";
import {
  DynamoDb,
  dynamoDbResources,
  type CommittedWrite,
  type Item,
} from "../../../simulator/services/dynamodb/service";
import type { Call, Resource, ResourceDefinition } from "../../../simulator/services/service";

export const START_MS = Date.parse("2026-01-01T00:00:00Z");

/** What any operation may answer; tests know which. */
export interface Answer {
  readonly Item?: Item;
  readonly Items?: Item[];
  readonly Attributes?: Item;
  readonly Count?: number;
  readonly ScannedCount?: number;
  readonly LastEvaluatedKey?: Item;
  readonly ConsumedCapacity?: { readonly CapacityUnits: number };
  readonly [member: string]: unknown;
}

/** An account with DynamoDB in it and nothing else. */
export class World {
  readonly account: Account;
  readonly dynamodb: DynamoDb;
  readonly kernel: Kernel;
  readonly usage = new Usage();

  constructor(assumptions: AssumptionValues = {}) {
    const trace = new Trace();
    this.kernel = new Kernel(START_MS, trace);
    const account = {
      accountId: "123456789012",
      region: "eu-west-1",
      kernel: this.kernel,
      trace,
      usage: this.usage,
      assumptions: new Assumptions(assumptions),
      services: {} as Record<string, unknown>,
    };
    this.account = account as unknown as Account;
    this.dynamodb = new DynamoDb(this.account);
    account.services.dynamodb = this.dynamodb;
  }

  /** Arrival and effect at one instant, by an administrator. */
  call(operation: string, input: object, requestId?: string): Answer {
    return this.dynamodb.operations[operation]!.execute(
      structuredClone(input) as never,
      callOf(operation, requestId),
    ) as Answer;
  }

  /** Arrival now, effect as late as the service says. Rejects as the caller would see it. */
  later(operation: string, input: object): Promise<Answer> {
    const { begin, execute } = this.dynamodb.operations[operation]!;
    const copy = structuredClone(input) as never;
    const call = callOf(operation);
    return new Promise((resolve, reject) => {
      try {
        const durationMs = begin?.(copy, call) ?? 0;
        this.kernel.after(durationMs, operation, () => {
          try {
            resolve(execute(copy, call) as Answer);
          } catch (cause) {
            reject(cause as Error);
          }
        });
      } catch (cause) {
        reject(cause as Error);
      }
    });
  }

  /** Lets virtual time pass. */
  async pass(ms: number): Promise<void> {
    await this.kernel.runUntil(() => false, this.kernel.now + ms);
  }

  /** Makes a table as a program does. */
  table(inputs: Record<string, unknown> = {}): Resource<Record<string, unknown>> {
    const resource = planned("aws:dynamodb/table:Table", { ...TABLE, ...inputs });
    definition("aws:dynamodb/table:Table").create(resource as never, this.account);
    return resource;
  }

  get(id: string): Item | undefined {
    return this.call("GetItem", { TableName: "items", Key: { id: { S: id } } }).Item;
  }

  put(item: Item): Answer {
    return this.call("PutItem", { TableName: "items", Item: item });
  }

  update(id: string, expression: string, more: object = {}): Answer {
    return this.call("UpdateItem", {
      TableName: "items",
      Key: { id: { S: id } },
      UpdateExpression: expression,
      ...more,
    });
  }

  changed(): CommittedWrite[] {
    return this.dynamodb.writes("items").filter(({ changed }) => changed);
  }
}

const TABLE = {
  name: "items",
  billingMode: "PAY_PER_REQUEST",
  hashKey: "id",
  attributes: [{ name: "id", type: "S" }],
};

export function definition(type: string): ResourceDefinition {
  return dynamoDbResources.find((candidate) => candidate.type === type)!;
}

/** @throws a ZodError for inputs that the definition refuses */
export function planned(
  type: string,
  inputs: Record<string, unknown>,
): Resource<Record<string, unknown>> {
  const { schema, plan } = definition(type);
  const identity = {
    urn: `urn:pulumi:dev::test::${type}::it`,
    type,
    name: "it",
    suffix: "0a1b2c3",
    uuid: "00000000-0000-4000-8000-000000000000",
    accountId: "123456789012",
    region: "eu-west-1",
  };
  const checked = schema.parse(inputs) as Record<string, unknown>;
  return { ...identity, inputs: checked, ...plan(checked as never, identity) };
}

function callOf(operation: string, requestId?: string): Call {
  return {
    caller: {
      kind: "administrator",
      arn: "arn:aws:iam::123456789012:root",
      ...(requestId === undefined ? {} : { requestId }),
    },
    operation: `dynamodb:${operation}`,
    succeed: () => {},
    fail: () => {},
  };
}

/** What an action throws. */
export function thrown(action: () => unknown): {
  name: string;
  message: string;
  members?: Record<string, unknown>;
} {
  try {
    action();
  } catch (cause) {
    return cause as Error;
  }
  throw new Error("nothing was thrown");
}

export const validationOf = (action: () => unknown): string => {
  const { name, message } = thrown(action);
  return name === "ValidationException" ? message : `${name}: ${message}`;
};
