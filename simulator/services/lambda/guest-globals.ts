import * as hostCrypto from "node:crypto";
import { format } from "node:util";
import type { RandomStream } from "../../kernel/random";
import type { GuestGlobals } from "./module-loader";

/** Time and chance of one sandbox. */
export interface GuestClock {
  now(): number;
  /** Runs `callback` in `delayMs`, in the sandbox's time. Answers a function that cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

export interface GuestContext {
  readonly clock: GuestClock;
  readonly random: RandomStream;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  log(level: string, line: string): void;
  /** Ends the process: nothing of the guest runs once the code on the stack has come to its end. */
  readonly exit: (code: number) => void;
  /** Modules that the account puts in place of host packages: the AWS SDK. */
  provideSdk(specifier: string): unknown;
}

/** What guest code gets as its globals, and the built-in modules that go with them. */
export function createGuestGlobals(guest: GuestContext): GuestGlobals {
  const timers = createTimers(guest.clock);
  const crypto = createCrypto(guest.random);
  const globalObject: Record<string, unknown> = {
    ...timers.functions,
    Date: createDate(guest.clock),
    Math: Object.create(Math, { random: { value: () => guest.random.fraction() } }) as Math,
    console: createConsole((level, line) => guest.log(level, line)),
    crypto: crypto.webcrypto,
    performance: createPerformance(guest.clock),
    process: createProcess(guest),
    fetch: refuse("fetch", "use an AWS SDK client of a modelled service"),
    WebSocket: refuse("WebSocket", "sockets leave the account"),
    WeakRef: refuse("WeakRef", "garbage collection is not deterministic"),
    FinalizationRegistry: refuse("FinalizationRegistry", "garbage collection is not deterministic"),
  };
  // The rest of the language's globals is shared: no time and no chance in them.
  const sandboxGlobal = Object.create(globalThis) as object;
  const own = { ...globalObject, globalThis: sandboxGlobal, global: sandboxGlobal };
  for (const [name, value] of Object.entries(own)) {
    // Defined, not assigned: some of the originals have no setter.
    Object.defineProperty(sandboxGlobal, name, { value, writable: true, configurable: true });
  }
  const builtins: Record<string, unknown> = {
    crypto: crypto.module,
    timers: timers.functions,
    "timers/promises": timers.promises,
    perf_hooks: { performance: globalObject.performance },
    process: globalObject.process,
    console: globalObject.console,
  };
  return {
    values: own,
    provide: (specifier) =>
      builtins[specifier.replace(/^node:/, "")] ?? guest.provideSdk(specifier),
  };
}

function createTimers(clock: GuestClock): {
  functions: Record<string, unknown>;
  promises: Record<string, unknown>;
} {
  type Callback = (...args: unknown[]) => void;
  class Timer {
    cancel: () => void = () => {};
    ref = (): this => this;
    unref = (): this => this;
    hasRef = (): boolean => true;
    [Symbol.toPrimitive] = (): number => 1;
    close = (): void => this.cancel();
  }
  const start = (delayMs: unknown, callback: () => void): Timer => {
    const timer = new Timer();
    const wholeMs = Math.max(1, Math.ceil(Number(delayMs) || 0));
    timer.cancel = clock.schedule(wholeMs, callback);
    return timer;
  };
  const setInterval = (callback: Callback, delayMs?: number, ...args: unknown[]): Timer => {
    const timer = new Timer();
    const tick = (): void => {
      timer.cancel = clock.schedule(Math.max(1, Math.ceil(delayMs ?? 0)), () => {
        tick();
        callback(...args);
      });
    };
    tick();
    return timer;
  };
  const setImmediate = (callback: Callback, ...args: unknown[]): Timer => {
    const timer = new Timer();
    timer.cancel = clock.schedule(0, () => callback(...args));
    return timer;
  };
  const clear = (timer?: Timer): void => timer?.cancel?.();
  return {
    functions: {
      setTimeout: (callback: Callback, delayMs?: number, ...args: unknown[]) =>
        start(delayMs, () => callback(...args)),
      setInterval,
      setImmediate,
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
      queueMicrotask,
    },
    promises: {
      setTimeout: (delayMs?: number, value?: unknown) =>
        new Promise((resolve) => start(delayMs, () => resolve(value))),
      setImmediate: (value?: unknown) =>
        new Promise((resolve) => clock.schedule(0, () => resolve(value))),
    },
  };
}

function createDate(clock: GuestClock): DateConstructor {
  class GuestDate extends Date {
    constructor(...args: [] | [number]) {
      if (args.length === 0) super(clock.now());
      else super(...args);
    }
    static override now(): number {
      return clock.now();
    }
  }
  // Called as a function, Date answers a text: a class cannot, a proxy can. `instanceof Date` holds too.
  return new Proxy(GuestDate, {
    apply: () => new Date(clock.now()).toString(),
    get: (target, key, receiver) =>
      key === Symbol.hasInstance
        ? (value: unknown) => value instanceof Date
        : (Reflect.get(target, key, receiver) as unknown),
  }) as unknown as DateConstructor;
}

function createCrypto(random: RandomStream): { module: object; webcrypto: object } {
  const randomUUID = (): string => {
    const bytes = random.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = Buffer.from(bytes).toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = random.bytes(view.byteLength);
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
    return view;
  };
  type Done<T> = (error: null, value: T) => void;
  const randomBytes = (size: number, done?: Done<Buffer>): Buffer | void => {
    const bytes = Buffer.from(random.bytes(size));
    if (!done) return bytes;
    queueMicrotask(() => done(null, bytes));
  };
  const randomInt = (first: number, second?: number): number =>
    second === undefined ? random.integer(0, first - 1) : random.integer(first, second - 1);
  const webcrypto = { randomUUID, getRandomValues: fill, subtle: hostCrypto.webcrypto.subtle };
  const draws = { randomUUID, randomBytes, randomInt, getRandomValues: fill, webcrypto };
  const keys =
    "generateKeyPair,generateKeyPairSync,generateKey,generateKeySync,createDiffieHellman";
  const refused: Record<string, unknown> = {};
  for (const name of keys.split(",")) refused[name] = refuse(name, "its result is random");
  const extra = { randomFillSync: fill, ...refused };
  return { module: { ...hostCrypto, ...draws, ...extra }, webcrypto };
}

function createPerformance(clock: GuestClock): object {
  const startedAt = clock.now();
  return { now: () => clock.now() - startedAt, timeOrigin: startedAt, mark() {}, measure() {} };
}

function createProcess({ clock, environment, exit, memoryMb }: GuestContext): object {
  const startedAt = clock.now();
  const elapsedNs = (): bigint => BigInt(clock.now() - startedAt) * 1_000_000n;
  const hrtime = (): [number, number] => {
    const ns = elapsedNs();
    return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
  };
  const total = memoryMb * 1024 * 1024;
  return {
    env: { ...environment },
    argv: ["/var/lang/bin/node", "/var/runtime/index.mjs"],
    platform: "linux",
    arch: "x64",
    pid: 8,
    version: process.version,
    versions: process.versions,
    cwd: () => "/var/task",
    uptime: () => (clock.now() - startedAt) / 1000,
    hrtime: Object.assign(hrtime, { bigint: elapsedNs }),
    memoryUsage: () => ({ rss: total, heapTotal: total, heapUsed: total, external: 0 }),
    nextTick: (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
      process.nextTick(callback, ...args),
    emitWarning() {},
    on() {},
    once() {},
    off() {},
    removeListener() {},
    exit: (code = 0): never => {
      exit(code);
      // The best that can be done about the code on the stack.
      throw new Error(`process.exit(${code})`);
    },
  };
}

function createConsole(log: GuestContext["log"]): object {
  const at =
    (level: string) =>
    (...args: unknown[]): void =>
      log(level, format(...args));
  return {
    log: at("INFO"),
    info: at("INFO"),
    debug: at("DEBUG"),
    trace: at("TRACE"),
    warn: at("WARN"),
    error: at("ERROR"),
  };
}

/** A global that throws when used, saying why. */
function refuse(name: string, why: string): unknown {
  return function refused(): never {
    throw new Error(`${name} is not there in the simulated account: ${why}.`);
  };
}
