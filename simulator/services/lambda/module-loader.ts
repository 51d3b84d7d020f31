import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, sep } from "node:path";
import { compileFunction } from "node:vm";
import { LayerModules } from "./layer-modules";
import type { LayerFiles } from "./layer-versions";
import { withLastingScopes } from "./serialized-closures";

/** What a function's deployment package holds. Plain data: it travels to worker threads. */
export interface Artifact {
  /** Source texts by path inside the package: `__index.js`. */
  readonly files: Readonly<Record<string, string>>;
  /** Names of the packages in it. */
  readonly packages: readonly string[];
  /** The folder against which packages are resolved. */
  readonly root: string;
  /** SHA-256 over the above, in base64, as AWS prints it. */
  readonly sha256: string;
}

/** What guest code sees instead of Node's own: everything that has time, chance or the outside in it. */
export interface GuestGlobals {
  readonly values: Readonly<Record<string, unknown>>;
  /** Replaces a built-in or host package, or refuses it by throwing. `undefined`: not its business. */
  provide(specifier: string): unknown;
}

/** Built-in modules without time, chance or the outside in them. */
const PURE_BUILTINS = new Set(
  "assert,assert/strict,buffer,constants,events,path,path/posix,punycode,querystring,string_decoder,url,util,util/types,zlib".split(
    ",",
  ),
);

type Compiled = (...args: unknown[]) => unknown;

/** By text, then by path and globals: compiled once, called once per sandbox. */
const compiled = new Map<string, Map<string, Compiled>>();

const MODULE_PARAMETERS = ["exports", "require", "module", "__filename", "__dirname"];

/**
 * Evaluates an artifact and the packages it requires, once per sandbox, with the sandbox's own globals as
 * parameters. One realm with the host, so that `instanceof Error` and typed arrays stay right.
 */
export class ModuleLoader {
  readonly #modules = new Map<string, { exports: unknown }>();
  readonly #names: string[];
  readonly #values: unknown[];
  readonly #layers: LayerModules | undefined;

  constructor(
    private readonly artifact: Artifact,
    private readonly globals: GuestGlobals,
    layerFiles?: LayerFiles,
  ) {
    this.#layers = layerFiles && new LayerModules(layerFiles);
    this.#names = Object.keys(globals.values);
    this.#values = Object.values(globals.values);
  }

  /** The exports of a file of the package, `__index` for `__index.js`. */
  load(moduleName: string): Record<string, unknown> {
    const file = `${moduleName}.js`;
    const text = this.artifact.files[file];
    if (text === undefined) throw importError(moduleName, "");
    return this.#evaluate(`/var/task/${file}`, text, `${this.artifact.root}/index.js`) as Record<
      string,
      unknown
    >;
  }

  #evaluate(guestPath: string, text: string, hostPath: string): unknown {
    const module = { exports: {} as unknown };
    this.#modules.set(hostPath === guestPath ? hostPath : guestPath, module);
    const run = compile(guestPath, text, this.#names);
    const require = (specifier: string): unknown => this.#require(specifier, hostPath);
    run(module.exports, require, module, guestPath, dirname(guestPath), ...this.#values);
    return module.exports;
  }

  #require(specifier: string, fromHostPath: string): unknown {
    const provided = this.globals.provide(specifier);
    if (provided !== undefined) return provided;
    const builtin = specifier.replace(/^node:/, "");
    if (isBuiltin(specifier)) {
      if (PURE_BUILTINS.has(builtin)) return createRequire(__filename)(specifier);
      throw new Error(
        `The simulated account does not model Node's module "${builtin}" inside a function. ` +
          `Do without it, or test this function on a deployed stack.`,
      );
    }
    const isLayer = this.#layers !== undefined && fromHostPath.startsWith("/opt/");
    if (isLayer || (!specifier.startsWith(".") && !this.#packaged(specifier, fromHostPath))) {
      return this.#requireFromLayer(specifier, fromHostPath);
    }
    const path = resolve(specifier, fromHostPath);
    const known = this.#modules.get(path);
    if (known) return known.exports;
    if (path.endsWith(".json")) return JSON.parse(textOf(path));
    if (path.endsWith(".mjs")) throw esModule(path);
    return this.#evaluate(path, textOf(path), path);
  }

  /** What a layer requires is in a layer too: only the function's own modules see what was packed with it. */
  #requireFromLayer(specifier: string, from: string): unknown {
    const path = this.#layers?.resolve(specifier, from);
    if (!this.#layers || path === undefined) throw importError(specifier, from);
    const known = this.#modules.get(path);
    if (known) return known.exports;
    const text = this.#layers.text(path);
    if (path.endsWith(".json")) return JSON.parse(text);
    if (this.#layers.isEsModule(path)) throw esModule(path);
    return this.#evaluate(path, text, path);
  }

  /** A package that was not uploaded is not there, whatever the host has installed. */
  #packaged(specifier: string, fromHostPath: string): boolean {
    if (fromHostPath.includes(`${sep}node_modules${sep}`)) return true;
    const parts = specifier.split("/");
    const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]!;
    return this.artifact.packages.includes(name);
  }
}

/** By the file that requires, then by what it requires: found once, asked for by every sandbox. */
const resolutions = new Map<string, Map<string, string>>();

function resolve(specifier: string, fromHostPath: string): string {
  let known = resolutions.get(fromHostPath);
  if (!known) resolutions.set(fromHostPath, (known = new Map<string, string>()));
  let path = known.get(specifier);
  if (path === undefined) {
    path = createRequire(fromHostPath).resolve(specifier);
    known.set(specifier, path);
  }
  return path;
}

/** Of the files of packages, by path: read once. */
const texts = new Map<string, string>();

function textOf(path: string): string {
  let text = texts.get(path);
  if (text === undefined) texts.set(path, (text = readFileSync(path, "utf8")));
  return text;
}

function compile(path: string, text: string, names: readonly string[]): Compiled {
  let known = compiled.get(text);
  if (!known) compiled.set(text, (known = new Map<string, Compiled>()));
  const key = `${path}\n${names.join()}`;
  let run = known.get(key);
  if (!run) {
    const parameters = [...MODULE_PARAMETERS, ...names];
    run = compileFunction(withLastingScopes(text), parameters, { filename: path }) as Compiled;
    known.set(key, run);
  }
  return run;
}

function importError(name: string, from: string): Error {
  const error = new Error(`Cannot find module '${name}'${from ? ` (required by ${from})` : ""}`);
  return Object.assign(error, { name: "Runtime.ImportModuleError", code: "MODULE_NOT_FOUND" });
}

function esModule(path: string): Error {
  return Object.assign(new Error(`require() of ES Module ${path} is not supported`), {
    name: "Runtime.ImportModuleError",
    code: "ERR_REQUIRE_ESM",
  });
}
