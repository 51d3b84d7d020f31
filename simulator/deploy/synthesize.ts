import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as yaml from "yaml";
import type { InvokeDefinition, Resource, ResourceDefinition } from "../services/service";
import { readArtifact } from "./artifact";
import { inOrderOfCreation } from "./order";
import { Planner } from "./plan";
import { rememberSerialization } from "./serialization-memory";
import { ACCOUNT_ID, DEFAULT_REGION, type Target } from "./target";

/** A Pulumi program: a function that creates resources and answers the stack's outputs. */
export type Program = () =>
  void | Record<string, unknown> | Promise<void | Record<string, unknown>>;

export interface StackOptions {
  /** The stack: its file `Pulumi.<stack>.yaml` is read when `program` is a folder. Default: none is. */
  readonly stack?: string;
  /** Configuration by full key, `redrive:shardCount`; goes over the stack file's. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What one run of a program registered: plain data, to be started in any number of accounts. */
export interface Synthesis {
  readonly target: Target;
  /** Each comes after those it refers to. */
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the account models, collected from its services. */
export interface Catalogue {
  readonly resources: readonly ResourceDefinition[];
  readonly invokes: readonly InvokeDefinition[];
}

/** Pulumi takes a stack trace of every promise it makes: with all frames, that is most of a synthesis. */
const STACK_FRAMES = 2;

/** One program runs at a time: Pulumi's runtime keeps its state in globals. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Runs a program once against Pulumi's mock monitor and plans every resource it registers.
 *
 * @param deployed what the program's last run has left in the account it is meant for
 * @throws an `Error` that lists everything the account does not model, or what the program threw.
 */
export function runProgram(
  program: Program | string,
  options: StackOptions,
  catalogue: Catalogue,
  deployed: readonly Resource[] = [],
): Promise<Synthesis> {
  const run = queue.then(() => runNow(program, options, catalogue, deployed));
  queue = run.catch(() => undefined);
  return run;
}

async function runNow(
  program: Program | string,
  options: StackOptions,
  catalogue: Catalogue,
  deployed: readonly Resource[],
): Promise<Synthesis> {
  const { config, project } = readProject(program, options);
  const stack = options.stack ?? "dev";
  const chosen = config["aws:region"];
  const region = typeof chosen === "string" ? chosen : DEFAULT_REGION;
  const target: Target = { project, stack, accountId: ACCOUNT_ID, region };
  const planner = new Planner(catalogue.resources, target, deployed);
  const monitor = new Monitor(planner, catalogue, target);
  rememberSerialization();
  await pulumi.runtime.setMocks(monitor, project, stack, false);
  pulumi.runtime.setAllConfig(toConfigTexts(config));
  const run = typeof program === "string" ? loadProgram(program) : program;
  const outputs = await settled(run);
  monitor.refuse();
  const follows = (resource: Resource, other: Resource): boolean =>
    planner.definition(resource.type)?.follows?.(resource as never, other) ?? false;
  return { target, resources: inOrderOfCreation(monitor.resources, follows), outputs };
}

/** Runs the program and waits until every resource is registered. */
async function settled(program: Program): Promise<Record<string, unknown>> {
  let failure: unknown;
  const rejected = (cause: unknown): void => {
    failure ??= cause;
  };
  // A resource whose inputs fail rejects a promise that nobody holds: Pulumi reports those so.
  process.on("unhandledRejection", rejected);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_FRAMES;
  try {
    const result = (await pulumi.runtime.runInPulumiStack(async () => program())) as unknown;
    const outputs = await plain(result);
    await pulumi.runtime.disconnect();
    await new Promise((done) => setImmediate(done));
    if (failure) throw failure as Error;
    return (outputs ?? {}) as Record<string, unknown>;
  } finally {
    Error.stackTraceLimit = limit;
    // A program that fails leaves rejections of its own behind, which Node reports a turn later.
    await new Promise((done) => setImmediate(done));
    process.off("unhandledRejection", rejected);
  }
}

function plain(value: unknown): Promise<unknown> {
  const output = pulumi.output(value) as pulumi.Output<unknown>;
  return new Promise((done) => void output.apply(done));
}

/** Answers the program in place of the Pulumi engine. */
class Monitor implements pulumi.runtime.Mocks {
  readonly resources: Resource[] = [];
  readonly #problems: string[] = [];

  constructor(
    private readonly planner: Planner,
    private readonly catalogue: Catalogue,
    private readonly target: Target,
  ) {}

  async newResource(
    args: pulumi.runtime.MockResourceArgs,
  ): Promise<{ id: string | undefined; state: Record<string, unknown> }> {
    const { name, type } = args;
    const inputs = args.inputs as Record<string, unknown>;
    if (!args.custom || type.startsWith("pulumi:")) return { id: "", state: {} };
    const { project, stack } = this.target;
    const urn = `urn:pulumi:${stack}::${project}::${type}::${name}`;
    const readId = args.id || undefined;
    const registered = await withArtifact(await withIds(inputs));
    const { outputs, problems, resource } = this.planner.check({
      urn,
      type,
      name,
      inputs: registered,
      readId,
    });
    this.#problems.push(...problems);
    if (!resource) return { id: name, state: outputs ?? inputs };
    this.resources.push(resource);
    const { code } = inputs;
    return { id: resource.id, state: { ...resource.outputs, ...(code ? { code } : {}) } };
  }

  async call({ inputs, token }: pulumi.runtime.MockCallArgs): Promise<Record<string, unknown>> {
    const invoke = this.catalogue.invokes.find((definition) => definition.token === token);
    if (invoke) {
      return invoke.invoke(inputs as Record<string, unknown>, this.target) as Record<
        string,
        unknown
      >;
    }
    this.#problems.push(`${token}: the simulated account does not model this function.`);
    return {};
  }

  /** @throws an `Error` with all problems, if there are any. */
  refuse(): void {
    if (this.#problems.length === 0) return;
    const { stack } = this.target;
    const lines = this.#problems.map((problem) => `  ${problem}`).join("\n");
    throw new Error(`The stack ${stack} cannot be deployed into the simulated account:\n${lines}`);
  }
}

/** A resource given where its id is wanted, as `restApi: api`, stands for its id. */
async function withIds(inputs: Record<string, unknown>): Promise<Record<string, unknown>> {
  const given = Object.entries(inputs).map(async ([property, value]) => {
    const id = pulumi.CustomResource.isInstance(value) ? await plain(value.id) : value;
    return [property, id] as const;
  });
  return Object.fromEntries(await Promise.all(given));
}

async function withArtifact(inputs: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { code } = inputs;
  const isArchive =
    code instanceof pulumi.asset.AssetArchive || code instanceof pulumi.asset.FileArchive;
  return isArchive ? { ...inputs, code: await readArtifact(code) } : inputs;
}

function loadProgram(folder: string): Program {
  // The slash keeps a file `folder.ts` beside the folder from being taken for it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a program is known at run time
  const loaded = require(`${resolve(folder)}/`) as Program | { default?: Program };
  const program = typeof loaded === "function" ? loaded : loaded.default;
  if (typeof program === "function") return program;
  throw new Error(`${resolve(folder)}: expected the program to export a function`);
}

interface ProjectFile {
  readonly name?: string;
  readonly config?: Record<string, unknown>;
}

interface StackFile {
  readonly config?: Record<string, unknown>;
}

function readProject(
  program: Program | string,
  { config = {}, stack }: StackOptions,
): { project: string; config: Record<string, unknown> } {
  if (typeof program !== "string") return { project: "program", config: { ...config } };
  const projectFile = (readYaml(`${program}/Pulumi.yaml`) ?? {}) as ProjectFile;
  const project = projectFile.name ?? "program";
  const stackFile = stack
    ? ((readYaml(`${program}/Pulumi.${stack}.yaml`) ?? {}) as StackFile)
    : undefined;
  const defaults = Object.entries(projectFile.config ?? {}).flatMap(
    ([key, declared]): [string, unknown][] => {
      const value = defaultOf(declared);
      return value === undefined ? [] : [[key.includes(":") ? key : `${project}:${key}`, value]];
    },
  );
  const byDefault: Record<string, unknown> = Object.fromEntries(defaults);
  return { project, config: { ...byDefault, ...stackFile?.config, ...config } };
}

function defaultOf(declared: unknown): unknown {
  if (typeof declared !== "object" || declared === null) return declared;
  const { default: value, value: fixed } = declared as { default?: unknown; value?: unknown };
  return fixed ?? value;
}

function readYaml(path: string): unknown {
  try {
    return yaml.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Pulumi keeps configuration as texts: JSON for anything but a text. */
function toConfigTexts(config: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(config).map(([key, value]) => {
    const isText = typeof value === "string";
    return [key, isText ? value : JSON.stringify(value)];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}
