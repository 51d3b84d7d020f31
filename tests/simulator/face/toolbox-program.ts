import * as pulumi from "@pulumi/pulumi";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Context } from "aws-lambda";
import { Decimal } from "decimal.js";
import type { Program, SimulatedAws } from "../../../simulator";
import { itemsTable } from "./items-table";
import { lambdaFunction } from "./lambda-function";

/** What the toolbox does when it is invoked. */
export interface Tool {
  readonly do:
    | "count"
    | "describe"
    | "exit"
    | "exit quietly"
    | "fail"
    | "fail later"
    | "fail when thawed"
    | "log"
    | "nothing"
    | "sleep"
    | "throw text";
  /** Milliseconds to sleep first, or in place. */
  readonly ms?: number;
}

export function createToolbox() {
  const startedAt = Date.now();
  let count = 0;
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return async (tool: Tool, context: Context): Promise<unknown> => {
    count++;
    if (tool.ms) await pause(tool.ms);
    switch (tool.do) {
      case "count":
        return count;
      case "describe":
        return {
          now: Date.now(),
          startedAt,
          requestId: context.awsRequestId,
          remainingMs: context.getRemainingTimeInMillis(),
          color: process.env.COLOR,
          region: process.env.AWS_REGION,
          functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
          home: process.env.HOME,
        };
      case "exit":
        return process.exit(3);
      case "exit quietly":
        try {
          process.exit(0);
        } catch {
          return "still here";
        }
        return undefined;
      case "fail":
        throw new TypeError("this tool is broken");
      case "fail later":
        setTimeout(() => {
          throw new RangeError("nobody catches this");
        }, 10);
        await pause(1000);
        return "unharmed";
      case "fail when thawed":
        setTimeout(() => {
          throw new RangeError("left over");
        }, 10);
        return "gone before that";
      case "log":
        console.log("found %d of %s", 3, "them");
        console.error({ reason: "none" });
        return undefined;
      case "sleep":
        return "rested";
      case "throw text":
        // What a guest throws need not be an error.
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw "just a text";
      case "nothing":
        return undefined;
    }
  };
}

/** The older style: answers through the callback. */
export function createCallbackStyle() {
  return (
    event: { fail?: boolean },
    _context: Context,
    callback: (error?: Error | null, answer?: unknown) => void,
  ): void => {
    setTimeout(() => {
      if (event.fail) callback(new Error("called back with an error"));
      else callback(null, { answered: true });
    }, 20);
  };
}

/** Needs a package that is only for development, and therefore not in the artifact. */
export function createUnpacked() {
  return () => Promise.resolve(new Decimal("0.1").plus("0.2").toString());
}

/** One of each, and a table. `program:color` goes to the toolbox, `program:mayLog` lets it make log groups. */
export const toolboxProgram: Program = () => {
  const config = new pulumi.Config();
  const toolbox = lambdaFunction("toolbox", createToolbox, {
    environment: { COLOR: config.get("color") ?? "green" },
    ...(config.getBoolean("mayLog") && {
      statements: [{ actions: ["logs:*"], resources: ["*"] }],
    }),
  });
  lambdaFunction("callback", createCallbackStyle);
  lambdaFunction("unpacked", createUnpacked);
  const table = itemsTable();
  return {
    arn: toolbox.lambda.arn,
    name: toolbox.lambda.name,
    tableName: table.name,
    nested: { list: [toolbox.lambda.name, 1], color: config.get("color") },
    secret: pulumi.secret("hidden"),
  };
};

export interface Answer {
  readonly value: unknown;
  /** Set if the function failed. */
  readonly functionError?: string;
}

/** Invokes a function and waits for its answer. */
export async function invoke(
  account: SimulatedAws,
  name: string,
  event: object = {},
): Promise<Answer> {
  const { FunctionError, Payload } = await account
    .client(LambdaClient)
    .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  const text = Payload!.transformToString();
  const value: unknown = text === "" ? undefined : JSON.parse(text);
  return { value, ...(FunctionError && { functionError: FunctionError }) };
}

/** Uses one tool of the toolbox. */
export const use = (account: SimulatedAws, tool: Tool["do"], ms?: number): Promise<Answer> =>
  invoke(account, "toolbox", { do: tool, ms });
