import {
  DynamoDBClient,
  GetItemCommand,
  ListBackupsCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { simulate, synthesize, type Fault, type Program } from "../../../simulator";
import { itemsTable } from "./items-table";
import { lambdaFunction, RUNTIME } from "./lambda-function";

/** The message of what a promise rejects with. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (cause) {
    return (cause as Error).message;
  }
  throw new Error("expected a refusal");
}

function createEcho() {
  return (event: unknown) => Promise.resolve(event);
}

describe("refused programs", () => {
  it("name every problem at once: resource, property, and what to do", async () => {
    const message = await refusal(
      synthesize(
        () => {
          new aws.ec2.Vpc("network", { cidrBlock: "10.0.0.0/16" });
          new aws.dynamodb.Table("records", {
            attributes: [{ name: "id", type: "S" }],
            hashKey: "id",
            billingMode: "PAY_PER_REQUEST",
            replicas: [{ regionName: "eu-west-1" }],
          });
          new aws.sqs.Queue("work", { visibilityTimeoutSeconds: 99_999 });
          itemsTable();
        },
        { stack: "trial" },
      ),
    );
    const [head, ...lines] = message.split("\n");
    expect(head).to.equal("The stack trial cannot be deployed into the simulated account:");
    expect(lines).to.have.length(3);
    const about = (name: string): string => lines.find((line) => line.includes(name))!;
    expect(about("network")).to.contain("network (aws:ec2/vpc:Vpc)");
    expect(about("network")).to.contain("does not model this resource type");
    expect(about("records")).to.contain("does not model the property replicas");
    expect(about("records")).to.contain("Leave it out here, or test it on a deployed stack");
    expect(about("work")).to.match(/visibilityTimeoutSeconds: .*43200.*got 99999/);
  });

  it("name the problems of what depends on a refused resource, too", async () => {
    const message = await refusal(
      synthesize(() => {
        const stream = new aws.kinesis.Stream("records", { shardCount: -1 });
        const { lambda } = lambdaFunction("consumer", createEcho);
        new aws.lambda.EventSourceMapping("mapping", {
          eventSourceArn: stream.arn,
          functionName: lambda.arn,
          startingPosition: "LATEST",
          batchSize: 20_000,
          maximumRecordAgeInSeconds: 30,
        });
      }),
    );
    expect(message).to.contain("records (aws:kinesis/stream:Stream): shardCount");
    expect(message).to.contain("batchSize").and.to.contain("10000");
    expect(message).to.contain("expected -1 (infinite) or 60 to 604800, got 30");
  });

  it("say what the program threw, and nothing else", async () => {
    const failing: Program = () => {
      itemsTable();
      throw new Error("shardCount must be set");
    };
    expect(await refusal(synthesize(failing))).to.equal("shardCount must be set");
    const failingLater: Program = async () => {
      await Promise.resolve();
      throw new Error("the zone is unknown");
    };
    expect(await refusal(simulate(failingLater))).to.equal("the zone is unknown");
  });

  it("leave nothing behind that would disturb the next program", async () => {
    await refusal(synthesize(() => void new aws.ec2.Vpc("network", {})));
    const { resources } = await synthesize(() => void itemsTable());
    expect(resources.map(({ name }) => name)).to.deep.equal(["items"]);
  });

  it("refuse resources of other makers", async () => {
    const message = await refusal(
      synthesize(() => void aws.dynamodb.Table.get("elsewhere", "some-table")),
    );
    expect(message).to.contain("elsewhere (aws:dynamodb/table:Table)");
    expect(message).to.contain("outside the program");
  });
});

describe("refused deployments", () => {
  it("a mapping whose function may not read the source", async () => {
    const program: Program = () => {
      const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
      const { lambda } = lambdaFunction("consumer", createEcho);
      new aws.lambda.EventSourceMapping("mapping", {
        eventSourceArn: stream.arn,
        functionName: lambda.arn,
        startingPosition: "LATEST",
      });
    };
    const message = await refusal(simulate(program));
    expect(message).to.contain("mapping (aws:lambda/eventSourceMapping:EventSourceMapping)");
    expect(message).to.contain("lacks kinesis:DescribeStream, kinesis:GetRecords");
  });

  it("a role that Lambda cannot assume", async () => {
    const program: Program = () => {
      const assumeRolePolicy = JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "ec2.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      });
      const role = new aws.iam.Role("machine", { assumeRolePolicy });
      new aws.lambda.CallbackFunction("consumer", {
        callbackFactory: createEcho,
        role: role.arn,
        runtime: RUNTIME,
        timeout: 3,
      });
    };
    const message = await refusal(simulate(program));
    expect(message).to.contain("consumer (aws:lambda/function:Function)");
    expect(message).to.contain("cannot be assumed by Lambda");
  });

  it("a second mapping of the same stream and function", async () => {
    const program: Program = () => {
      const stream = new aws.kinesis.Stream("records", { shardCount: 1 });
      const { lambda } = lambdaFunction("consumer", createEcho, {
        statements: [{ actions: ["kinesis:*"], resources: [stream.arn] }],
      });
      for (const name of ["first", "second"]) {
        new aws.lambda.EventSourceMapping(name, {
          eventSourceArn: stream.arn,
          functionName: lambda.arn,
          startingPosition: "LATEST",
        });
      }
    };
    expect(await refusal(simulate(program))).to.match(
      /^second .*: cannot create: ResourceConflictException: .*already exists/,
    );
  });
});

describe("a program that fails", () => {
  const failing: Program = async () => {
    void Promise.reject(new Error("left behind"));
    throw new Error("the program's own");
  };

  it("twice in one process leaves the process alone", async () => {
    const messages = await Promise.all([refusal(simulate(failing)), refusal(simulate(failing))]);
    expect(messages[0]).to.contain("the program's own");
    expect(messages[1]).to.contain("the program's own");
  });
});

describe("refused options", () => {
  const nothing: Program = () => {};
  const withEcho: Program = () => void lambdaFunction("echo", createEcho);

  it("an unknown assumption, and a value it does not have", async () => {
    const assumptions = { "bisect.middle": "floor", "bisect.left": "sideways" } as never;
    const message = await refusal(simulate(nothing, { assumptions }));
    expect(message).to.contain("bisect.middle: no such assumption");
    expect(message).to.contain('bisect.left: expected floor or ceil, got "sideways"');
  });

  it("a fault of a function that is not deployed", async () => {
    const faults: Fault[] = [{ function: "ecko", kind: "kill", probability: 0.5 }];
    const message = await refusal(simulate(withEcho, { faults }));
    expect(message).to.contain("not deployed: ecko").and.to.contain("Deployed: echo");
  });

  it("a fault of a rule that is not deployed", async () => {
    const faults: Fault[] = [{ function: "placed", kind: "delivery" }];
    const message = await refusal(simulate(withEcho, { faults }));
    expect(message).to.equal("Faults name rules that are not deployed: placed. Deployed: none.");
  });

  const senseless: [string, Omit<Fault, "function">, RegExp][] = [
    ["neither probability nor place", { kind: "kill" }, /exactly one of probability, at and match/],
    ["two of them", { kind: "kill", probability: 1, at: { invocation: 1 } }, /exactly one of/],
    ["a probability above 1", { kind: "kill", probability: 1.5 }, /from 0 to 1, got 1.5/],
    ["a probability that is none", { kind: "kill", probability: NaN }, /from 0 to 1/],
    ["invocation 0", { kind: "kill", at: { invocation: 0 } }, /at\.invocation .* from 1/],
    ["a match without poison", { kind: "kill", match: { keys: ["a"], times: 1 } }, /poison/],
    ["poison without a match", { kind: "poison", probability: 1 }, /poison/],
    ["an interval that is drawn", { kind: "down", probability: 1 }, /takes nothing else/],
    ["an empty interval", { kind: "down", from: 2, until: 1 }, /must lie before until/],
    ["an unknown kind", { kind: "explode" as never, probability: 1 }, /explode/],
  ];
  for (const [what, fault, message] of senseless) {
    it(`a fault with ${what}`, async () => {
      const faults = [{ function: "echo", ...fault }];
      expect(await refusal(simulate(withEcho, { faults }))).to.match(message);
    });
  }

  it("all senseless faults in one message", async () => {
    const faults: Fault[] = [
      { function: "echo", kind: "kill" },
      { function: "echo", kind: "kill", probability: 2 },
    ];
    const message = await refusal(simulate(withEcho, { faults }));
    expect(message).to.contain("fault 1").and.to.contain("fault 2");
  });

  it("a start that is no time", async () => {
    expect(await refusal(simulate(nothing, { startAt: "yesterday" }))).to.contain("yesterday");
  });

  it("a folder that holds no program", async () => {
    expect(await refusal(synthesize("/nonexistent"))).to.contain("/nonexistent/Pulumi.yaml");
  });
});

/** A client as the SDK makes them, of a service that no account has. */
class FooClient {
  readonly config = { serviceId: "Foo" };
  readonly middlewareStack = { add: () => {} };
}

/** Makes a call that its role does not allow, and tells what it saw. */
function createIntruder() {
  const client = new DynamoDBClient({});
  return async ({ quiet }: { quiet?: boolean }) => {
    try {
      await client.send(
        new PutItemCommand({ TableName: process.env.TABLE_NAME, Item: { id: { S: "a" } } }),
      );
    } catch (cause) {
      if (quiet) return (cause as Error).name;
      throw cause;
    }
    return "allowed";
  };
}

describe("refused calls", () => {
  const program: Program = () => {
    const table = itemsTable();
    const { lambda, role } = lambdaFunction("intruder", createIntruder, {
      statements: [{ actions: ["dynamodb:GetItem"], resources: [table.arn] }],
      environment: { TABLE_NAME: table.name },
    });
    return { tableName: table.name, tableArn: table.arn, roleArn: role.arn, name: lambda.name };
  };

  it("a call that the function's role does not allow", async () => {
    const account = await simulate(program);
    const lambda = account.client(LambdaClient);
    const invoke = async (event: object): Promise<string> => {
      const command = new InvokeCommand({
        FunctionName: "intruder",
        Payload: JSON.stringify(event),
      });
      return (await lambda.send(command)).Payload!.transformToString();
    };
    expect(await invoke({ quiet: true })).to.equal('"AccessDeniedException"');
    const answer = JSON.parse(await invoke({})) as { errorType: string; errorMessage: string };
    expect(answer.errorType).to.equal("AccessDeniedException");
    expect(answer.errorMessage).to.contain("is not authorized to perform: dynamodb:PutItem");
    expect(answer.errorMessage).to.contain(String(account.outputs.tableArn));
    expect(account.writes("items")).to.deep.equal([]);
  });

  it("a call of a client that acts as that role", async () => {
    const account = await simulate(program);
    const client = account.client(DynamoDBClient, { as: String(account.outputs.roleArn) });
    const TableName = String(account.outputs.tableName);
    const Key = { id: { S: "a" } };
    const { Item } = await client.send(new GetItemCommand({ TableName, Key }));
    expect(Item).to.equal(undefined);
    const message = await refusal(client.send(new PutItemCommand({ TableName, Item: Key })));
    expect(message).to.contain("is not authorized to perform: dynamodb:PutItem");
  });

  it("a client that acts as a role that does not exist", async () => {
    const account = await simulate(program);
    const as = "arn:aws:iam::123456789012:role/nobody";
    const get = new GetItemCommand({
      TableName: String(account.outputs.tableName),
      Key: { id: { S: "a" } },
    });
    let message = "";
    try {
      await account.client(DynamoDBClient, { as }).send(get);
    } catch (cause) {
      message = (cause as Error).message;
    }
    expect(message).to.match(/nobody|not authorized/);
  });

  it("an operation, or a parameter, that is not modelled", async () => {
    const account = await simulate(program);
    const operation = await refusal(
      account.client(LambdaClient).send(new CreateFunctionCommand({} as never)),
    );
    expect(operation).to.contain("Lambda.CreateFunction is not modelled");
    const known = account.client(DynamoDBClient);
    const unmodelled = await refusal(
      known.send(
        new PutItemCommand({
          TableName: String(account.outputs.tableName),
          Item: { id: { S: "a" } },
          Expected: { id: { Exists: false } },
        }),
      ),
    );
    expect(unmodelled).to.contain("Expected");
    expect(await refusal(known.send(new ListBackupsCommand({})))).to.contain(
      "DynamoDB.ListBackups",
    );
    const invocation = new InvokeCommand({ FunctionName: "intruder", TenantId: "blue" });
    expect(await refusal(account.client(LambdaClient).send(invocation))).to.contain("TenantId");
  });

  it("a client of a service that is not there", async () => {
    const account = await simulate(program);
    expect(() => account.client(FooClient)).to.throw(/has no service Foo; it has .*DynamoDB/);
  });

  it("the invocations of an unknown function, the writes to an unknown table", async () => {
    const account = await simulate(program);
    expect(() => account.invocations("nobody")).to.throw(/nobody/);
    expect(() => account.writes("nothing")).to.throw(/nothing/);
  });
});
