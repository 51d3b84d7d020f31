import { createRequire } from "node:module";
import { sep } from "node:path";
import type { RandomStream } from "../../kernel/random";
import {
  connect,
  defaultMaxAttempts,
  injectedSettings,
  type ExceptionClasses,
  type SdkClient,
} from "../../sdk/client";
import type { CallFate, Endpoint, Transport } from "../../sdk/transport";
import type { Account } from "../account";
import type { Caller } from "../service";
import { createGuestGlobals } from "./guest-globals";
import type { LayerFiles } from "./layer-versions";
import { ModuleLoader, type Artifact } from "./module-loader";
import { withTrap, type RejectionTrap } from "./stray-rejections";

/** What a sandbox runs: fixed when it starts, as on Lambda. */
export interface SandboxImage {
  readonly functionName: string;
  /** `$LATEST`, or the number of a published version. */
  readonly version: string;
  readonly roleArn: string;
  readonly artifact: Artifact;
  /** What its layers put below `/opt`; absent without layers. */
  readonly layerFiles?: LayerFiles;
  /** `__index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
}

/** The invocation that a sandbox is busy with, as far as the sandbox has to know it. */
export interface SandboxGuest {
  readonly requestId: string;
  log(level: string, line: string): void;
  depart(operation: string, input: object): CallFate | undefined;
  tookEffect(operation: string, output: object): void;
  /** The process has ended, by itself (`exit`) or by an exception that nothing caught. */
  crashed(error: { readonly errorType: string; readonly errorMessage: string }): void;
}

export type GuestHandler = (
  event: unknown,
  context: object,
  callback: (error: unknown, response?: unknown) => void,
) => unknown;

/**
 * A Lambda execution environment: one evaluation of the artifact, with its module state. It is frozen
 * between invocations: its timers and the answers it waits for come when it thaws.
 */
export class Sandbox {
  readonly #held: (() => void)[] = [];
  readonly #random: RandomStream;
  #guest: SandboxGuest | undefined;
  #dead = false;
  #handler: GuestHandler | undefined;

  constructor(
    readonly id: string,
    readonly image: SandboxImage,
    private readonly account: Account,
    private readonly transport: Transport,
  ) {
    this.#random = account.random.stream(`sandbox ${id}`);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Evaluates the module, at the first invocation. @throws what the module throws. */
  handler(): GuestHandler {
    this.#handler ??= withTrap(this.#trap, () => this.#evaluate());
    return this.#handler;
  }

  /** Calls the handler. @throws what it throws */
  call(...[event, context, callback]: Parameters<GuestHandler>): unknown {
    return withTrap(this.#trap, () => this.handler()(event, context, callback));
  }

  thaw(guest: SandboxGuest): void {
    this.#guest = guest;
    for (const held of this.#held.splice(0)) this.run(held);
  }

  freeze(): void {
    this.#guest = undefined;
  }

  /** The process is gone: nothing in it runs any more. */
  kill(): void {
    this.#dead = true;
    this.#held.length = 0;
  }

  /** Runs code of the guest now, at the thaw, or never. */
  run(code: () => void): void {
    if (this.#dead) return;
    if (!this.#guest) this.#held.push(code);
    else {
      try {
        withTrap(this.#trap, code);
      } catch (cause) {
        // Nothing of the guest is left to catch it. After an exit it is only what unwinds the stack.
        if (!this.#dead) this.#crash(cause instanceof Error ? cause : new Error(String(cause)));
      }
    }
  }

  /**
   * The runtime ends the process for a rejection that nothing handles. An invocation that was answered before has
   * succeeded; the next one finds a new environment. Source: seen with `nodejs22.x`.
   */
  readonly #trap: RejectionTrap = {
    emit: (_event, reason) => {
      if (this.#dead) return true;
      const name = "Runtime.UnhandledPromiseRejection";
      this.account.trace.append(this.account.kernel.now, `${this.id}: ${name}`);
      this.#crash(Object.assign(new Error(String(reason)), { name }));
      return true;
    },
    enter: () => undefined,
    exit: () => undefined,
  };

  #crash({ message, name }: Error): void {
    this.kill();
    this.#guest?.crashed({ errorType: name, errorMessage: message });
  }

  #exit(code: number): void {
    const how = code === 0 ? "without providing a reason" : `with error: exit status ${code}`;
    const message = `RequestId: ${this.#guest?.requestId} Error: Runtime exited ${how}`;
    this.#crash(Object.assign(new Error(message), { name: "Runtime.ExitError" }));
  }

  #evaluate(): GuestHandler {
    const { artifact, layerFiles } = this.image;
    const [moduleName = "", exportName = ""] = splitHandler(this.image.handler);
    const globals = createGuestGlobals({
      clock: {
        now: () => this.account.kernel.now,
        schedule: (delayMs, callback) => {
          const label = `${this.image.functionName} ${this.id}: timer`;
          const event = this.account.kernel.after(delayMs, label, () => this.run(callback));
          return () => this.account.kernel.cancel(event);
        },
      },
      random: this.#random,
      environment: this.#environment(),
      memoryMb: this.image.memoryMb,
      log: (level, line) => this.#guest?.log(level, line),
      exit: (code) => this.#exit(code),
      provideSdk: (specifier) => this.#provideSdk(specifier),
    });
    const exports = new ModuleLoader(artifact, globals, layerFiles).load(moduleName);
    const handler = exports[exportName];
    if (typeof handler === "function") return handler as GuestHandler;
    throw Object.assign(new Error(`${this.image.handler} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
    });
  }

  #environment(): Record<string, string> {
    const { environment, functionName, handler, memoryMb, version } = this.image;
    return {
      AWS_REGION: this.account.region,
      AWS_DEFAULT_REGION: this.account.region,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: version,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
      _HANDLER: handler,
      TZ: ":UTC",
      ...environment,
    };
  }

  /** The runtime's own AWS SDK: the host's packages, with clients tied to this sandbox. */
  #provideSdk(specifier: string): unknown {
    const name = /^@aws-sdk\/client-[a-z0-9-]+/.exec(specifier)?.[0];
    if (!name) return undefined;
    const host = hostModule(name);
    return new Proxy(host, {
      get: (target, key) => {
        const member = target[key as string];
        return isClientClass(key, member) ? this.#clientClass(member, target) : member;
      },
    });
  }

  readonly #clientClasses = new Map<unknown, unknown>();

  #clientClass(base: ClientClass, exceptions: ExceptionClasses): unknown {
    let tied = this.#clientClasses.get(base);
    if (!tied) {
      const connectTo = (client: SdkClient, maxAttempts?: number): void =>
        connect(client, {
          account: this.account,
          transport: this.transport,
          endpoint: this.#endpoint,
          time: {
            sleep: (ms) => this.#sleep(ms),
            fraction: () => this.#random.fraction(),
          },
          tokens: this.#random,
          maxAttempts: maxAttempts ?? defaultMaxAttempts(client.config.serviceId),
          exceptions: () => exceptions,
        });
      const settings = injectedSettings(this.account.region);
      tied = class extends base {
        constructor(config: Record<string, unknown> = {}) {
          super({ ...config, ...settings });
          const { maxAttempts } = config;
          connectTo(this, typeof maxAttempts === "number" ? maxAttempts : undefined);
        }
      };
      this.#clientClasses.set(base, tied);
    }
    return tied;
  }

  readonly #endpoint: Endpoint = {
    caller: (): Caller => ({
      kind: "role",
      arn: this.image.roleArn,
      requestId: this.#guest?.requestId,
    }),
    deliver: (answer) => this.run(answer),
    depart: (operation, input) => (this.#dead ? undefined : this.#guest?.depart(operation, input)),
    tookEffect: (operation, output) => this.#guest?.tookEffect(operation, output),
  };

  #sleep(ms: number): Promise<void> {
    const label = `${this.image.functionName} ${this.id}: SDK retry`;
    return new Promise((resolve) => {
      this.account.kernel.after(ms, label, () => this.run(resolve));
    });
  }
}

/** `folder/module.export`: the last dot separates them. */
function splitHandler(handler: string): [string, string] {
  const dot = handler.lastIndexOf(".");
  return [handler.slice(0, dot), handler.slice(dot + 1)];
}

type ClientClass = new (config: Record<string, unknown>) => SdkClient;

function isClientClass(key: string | symbol, member: unknown): member is ClientClass {
  return typeof key === "string" && key.endsWith("Client") && typeof member === "function";
}

let hostRequire: NodeJS.Require | undefined;

/** SDK packages come from the project that the simulator is part of, one copy for all sandboxes. */
export function hostModule(name: string): Record<string, unknown> {
  hostRequire ??= createRequire(`${process.cwd()}${sep}package.json`);
  return hostRequire(name) as Record<string, unknown>;
}
