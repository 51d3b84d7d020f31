/** A stack of this program that the real Pulumi engine deploys into a simulated account, in a temporary folder. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  LocalWorkspace,
  PulumiCommand,
  type EngineEvent,
  type OutputMap,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { synthesize, type SimulatedAws, type ServedAccount } from "../../simulator";
import { rememberSerialization } from "../../simulator/deploy/serialization-memory";
import { engineRoot } from "./install";

export const ROOT = join(__dirname, "../..");
export const PASSPHRASE = "a passphrase of the tests";
const OPERATION_MS = 300_000;
const UNCHANGED = ["same", "refresh", "read"];

export type Config = Readonly<Record<string, unknown>>;

/** What an operation of the engine did: `{ create: 3, same: 7 }`. */
export type Counts = Readonly<Record<string, number>>;

/** What was done to what, by names in the program: `update: ["aggregation-map-mapping", …]`; what stayed is left out. */
export type Steps = Readonly<Record<string, readonly string[]>>;

export interface Done {
  readonly counts: Counts;
  readonly steps: Steps;
  /** Everything that the engine printed. */
  readonly text: string;
}

/** A folder in which the engine runs: the project, the packages that functions pack, and the engine's state. */
export class EngineFolder {
  readonly path = mkdtempSync(join(tmpdir(), "redrive-engine-"));

  constructor(project: Config) {
    mkdirSync(join(this.path, "state"));
    // Programs run inside the tests: the engine starts no `main`.
    writeFileSync(join(this.path, "Pulumi.yaml"), stringify({ ...project, main: undefined }));
  }

  /**
   * Packages by their `package.json` alone: the account takes packages from its own installation, and the engine
   * would read all of their files for each function and each operation.
   */
  addPackages(names: Iterable<string>): void {
    for (const name of names) {
      const file = join("node_modules", name, "package.json");
      mkdirSync(dirname(join(this.path, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.path, file));
    }
  }

  environment(served: ServedAccount): Record<string, string> {
    return {
      ...served.environment,
      PULUMI_BACKEND_URL: `file://${join(this.path, "state")}`,
      PULUMI_HOME: join(this.path, "home"),
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class EngineStack {
  private constructor(
    readonly stack: Stack,
    private readonly folder: EngineFolder,
    private readonly served: ServedAccount,
    private readonly readOutputs: () => Promise<OutputMap>,
  ) {}

  static async create(
    name: string,
    program: PulumiFn,
    folder: EngineFolder,
    account: SimulatedAws,
    served?: ServedAccount,
  ): Promise<EngineStack> {
    const serving = served ?? (await account.serve());
    const { name: projectName } = readProject(folder);
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName, program },
      {
        workDir: folder.path,
        envVars: folder.environment(serving),
        pulumiCommand: await PulumiCommand.get({ root: engineRoot() }),
      },
    );
    const readOutputs = stack.outputs.bind(stack);
    // After each operation the API starts the command line four times more, to ask what events have told.
    stack.outputs = async () => ({});
    stack.info = async () => undefined;
    return new EngineStack(stack, folder, serving, readOutputs);
  }

  get #file(): string {
    return join(this.folder.path, `Pulumi.${this.stack.name}.yaml`);
  }

  /** Makes this the stack's whole configuration. */
  configure(config: Config): void {
    const file = parse(readFileSync(this.#file, "utf8")) as Record<string, unknown>;
    writeFileSync(this.#file, stringify({ ...file, config }));
  }

  async up(): Promise<Done> {
    return this.#operate((events) => this.stack.up(events));
  }

  /** What an `up` would do. */
  async preview(): Promise<Done> {
    return this.#operate((events) => this.stack.preview(events));
  }

  async refresh(): Promise<Done> {
    return this.#operate((events) => this.stack.refresh(events));
  }

  async destroy(): Promise<Done> {
    return this.#operate((events) => this.stack.destroy(events));
  }

  async outputs(): Promise<Record<string, unknown>> {
    const outputs = await this.readOutputs();
    return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
  }

  async #operate(
    operation: (options: {
      signal: AbortSignal;
      onEvent: (event: EngineEvent) => void;
    }) => Promise<{ stdout: string; stderr: string }>,
  ): Promise<Done> {
    const steps: Record<string, string[]> = {};
    let counts: Counts = {};
    const onEvent = ({ resourcePreEvent, summaryEvent }: EngineEvent): void => {
      if (summaryEvent) counts = countsOf(summaryEvent.resourceChanges);
      if (!resourcePreEvent) return;
      const { op, type, urn } = resourcePreEvent.metadata;
      if (type.startsWith("pulumi:")) return;
      const name = urn.split("::").at(-1)!;
      if (!UNCHANGED.includes(op) && !steps[op]?.includes(name)) (steps[op] ??= []).push(name);
    };
    // Without a `package.json` beside the program, an operation would wait for ever.
    const signal = AbortSignal.timeout(OPERATION_MS);
    const { stderr, stdout } = await operation({ signal, onEvent });
    for (const names of Object.values(steps)) names.sort();
    return { counts, steps, text: stdout + stderr };
  }

  /** The engine's own record of what is there, as it keeps it. */
  state(): string {
    const { name } = readProject(this.folder);
    const file = join("state", ".pulumi", "stacks", name, `${this.stack.name}.json`);
    return readFileSync(join(this.folder.path, file), "utf8");
  }

  close(): void {
    this.served.close();
    this.folder.remove();
  }
}

/** The project of this repository. */
export function redriveProject(): Config {
  return parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8")) as Config;
}

/** The configuration in a stack's file. */
export function configOf(stack: string): Config {
  const file = parse(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Config;
  };
  return file.config;
}

/** The program of this repository. */
export const redrive: PulumiFn = async () => {
  // As in process: each function is serialized once, not at every operation.
  rememberSerialization();
  const { default: program } = (await import("../../index.js")) as unknown as { default: PulumiFn };
  return program();
};

/** The packages that the functions of stacks pack. */
export async function packagesOf(stacks: readonly string[]): Promise<Set<string>> {
  const packages = new Set<string>();
  for (const stack of stacks) {
    const { resources } = await synthesize(ROOT, { stack });
    for (const { inputs } of resources) {
      const code = inputs["code"] as { packages?: readonly string[] } | undefined;
      for (const name of code?.packages ?? []) packages.add(name);
    }
  }
  return packages;
}

function readProject(folder: EngineFolder): { name: string } {
  return parse(readFileSync(join(folder.path, "Pulumi.yaml"), "utf8")) as { name: string };
}

function countsOf(changes: Counts | undefined): Counts {
  return Object.fromEntries(Object.entries(changes ?? {}).filter(([, count]) => count > 0));
}
