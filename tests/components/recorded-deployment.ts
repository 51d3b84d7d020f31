import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import program = require("../../index");

const ROOT = path.join(__dirname, "..", "..");

export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

export interface RecordedDeployment {
  readonly resources: readonly RecordedResource[];
  readonly outputs: Record<string, unknown>;
}

/** The config of a stack file, as written. */
export function stackConfig(stack: string): Record<string, unknown> {
  const file = parse(readFileSync(path.join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  return file.config;
}

/**
 * Runs the program against Pulumi's mock monitor, which accepts everything: it shows what the program asks
 * for, not that AWS would give it.
 *
 * @param resources is added to as the program goes, so that it also tells of one that fails
 */
export async function recordDeployment(
  config: Record<string, unknown>,
  resources: RecordedResource[] = [],
): Promise<RecordedDeployment> {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  await pulumi.runtime.setMocks(
    {
      call: (args) => {
        throw new Error(`The program calls ${args.token}.`);
      },
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs: inputs as Record<string, unknown> });
        const arn = `arn:mock:${type}:${name}`;
        return {
          id: name,
          state: {
            ...inputs,
            arn,
            name: (inputs as { name?: string }).name ?? name,
            bucket: name,
            url: `https://mock/${name}`,
            streamArn: `${arn}/stream/label`,
            invokeArn: `${arn}/invocations`,
            executionArn: `arn:mock:execute-api:region:account:${name}`,
            invokeUrl: `https://mock/${name}`,
            rootResourceId: "root",
          },
        };
      },
    },
    "redrive",
    "test",
    false,
  );
  const outputs = (await pulumi.runtime.runInPulumiStack(program)) ?? {};
  await pulumi.runtime.disconnect();
  const resolved: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(outputs as Record<string, unknown>)) {
    resolved[key] = pulumi.Output.isInstance(value)
      ? await new Promise((resolve) => value.apply(resolve))
      : value;
  }
  return {
    resources: resources.filter(({ type }) => type !== "pulumi:pulumi:Stack"),
    outputs: resolved,
  };
}
