import { readFileSync } from "node:fs";
import * as path from "node:path";

interface Installed {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(
  readFileSync(path.join(__dirname, "..", "..", "package-lock.json"), "utf8"),
) as { packages: Readonly<Record<string, Installed>> };

/** The folders of some packages and of all that they depend on, by the lockfile. */
export function installedFor(names: readonly string[]): string[] {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    const folder = folderOf(name, from);
    if (found.has(folder)) return;
    found.add(folder);
    for (const needed of Object.keys(packages[folder]?.dependencies ?? {})) add(needed, folder);
  };
  for (const name of names) add(name, "");
  return [...found];
}

/** As Node finds a package: beside who needs it, or further up. */
function folderOf(name: string, from: string): string {
  const folder = path.posix.join(from, "node_modules", name);
  if (packages[folder]) return folder;
  if (from === "") throw new Error(`${name} is not in the lockfile.`);
  return folderOf(name, from.includes("/node_modules/") ? from.split("/node_modules/")[0]! : "");
}

/** The packages in a function's archive, beside its own text. */
export async function packedIn(inputs: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { assets } = inputs["code"] as { assets: Promise<Record<string, unknown>> };
  const files = Object.keys(await assets);
  if (!files.includes("__index.js")) throw new Error("There is no __index.js in the archive.");
  return files.filter((file) => file !== "__index.js");
}
