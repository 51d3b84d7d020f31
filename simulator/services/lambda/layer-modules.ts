import { posix } from "node:path";
import type { LayerFiles } from "./layer-versions";

/** Where layers are unpacked. */
const ROOT = "/opt/";

/** Where packages are looked for after the function's own. Source: "Packaging your layer content", Node.js. */
const NODE_PATH = "/opt/nodejs/node_modules";

/** The conditions under which `require` chooses among a package's exports. */
const CONDITIONS = ["node", "require", "default"];

interface PackageFile {
  readonly main?: string;
  readonly type?: string;
  readonly exports?: unknown;
}

/** The modules in a function's layers, found as Node.js finds them. */
export class LayerModules {
  constructor(private readonly files: LayerFiles) {}

  /** The path of a module below `/opt`; `undefined` if no layer has it. */
  resolve(specifier: string, from: string): string | undefined {
    const inLayer = from.startsWith(ROOT);
    if (specifier.startsWith(ROOT)) return this.#module(specifier);
    if (/^\.\.?(\/|$)/.test(specifier)) {
      return inLayer ? this.#module(posix.join(posix.dirname(from), specifier)) : undefined;
    }
    for (const folder of [...(inLayer ? foldersAbove(from) : []), NODE_PATH]) {
      const found = this.#package(folder, specifier);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  text(path: string): string {
    return this.files[path.slice(ROOT.length)]!;
  }

  /** ES modules cannot be required. */
  isEsModule(path: string): boolean {
    if (path.endsWith(".mjs")) return true;
    if (!path.endsWith(".js")) return false;
    let folder = posix.dirname(path);
    while (folder.startsWith(ROOT)) {
      const described = this.#describe(folder);
      if (described) return described.type === "module";
      folder = posix.dirname(folder);
    }
    return false;
  }

  #has(path: string): boolean {
    return path.startsWith(ROOT) && path.slice(ROOT.length) in this.files;
  }

  #module(path: string): string | undefined {
    const found = [path, `${path}.js`, `${path}.json`].find((each) => this.#has(each));
    if (found !== undefined) return found;
    const main = this.#describe(path)?.main;
    const candidates = main === undefined ? [] : [posix.join(path, main)];
    return [...candidates, path]
      .flatMap((each) => [each, `${each}.js`, `${each}/index.js`])
      .find((each) => this.#has(each));
  }

  #package(folder: string, specifier: string): string | undefined {
    const parts = specifier.split("/");
    const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
    const root = `${folder}/${name}`;
    const exports = this.#describe(root)?.exports;
    if (exports === undefined) return this.#module(`${folder}/${specifier}`);
    const target = exported(exports, `.${specifier.slice(name.length)}`);
    const path = target === undefined ? undefined : posix.join(root, target);
    return path !== undefined && this.#has(path) ? path : undefined;
  }

  #describe(folder: string): PackageFile | undefined {
    const path = `${folder}/package.json`;
    return this.#has(path) ? (JSON.parse(this.text(path)) as PackageFile) : undefined;
  }
}

/** `node_modules` beside and above a file. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  let folder = posix.dirname(path);
  while (folder.startsWith(ROOT)) {
    if (posix.basename(folder) !== "node_modules") folders.push(`${folder}/node_modules`);
    folder = posix.dirname(folder);
  }
  return folders;
}

/** What a package's `exports` hold for a subpath; patterns are not followed. */
function exported(exports: unknown, subpath: string): string | undefined {
  if (typeof exports === "string") return subpath === "." ? exports : undefined;
  if (typeof exports !== "object" || exports === null) return undefined;
  const entries = exports as Record<string, unknown>;
  const hasSubpaths = Object.keys(entries).some((key) => key.startsWith("."));
  if (hasSubpaths) return conditional(entries[subpath]);
  return subpath === "." ? conditional(entries) : undefined;
}

function conditional(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (typeof target !== "object" || target === null) return undefined;
  for (const [condition, nested] of Object.entries(target)) {
    const found = CONDITIONS.includes(condition) ? conditional(nested) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
