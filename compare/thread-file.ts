import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildSync } from "esbuild";

/** Git ignores it. Below the project: what is bundled finds its packages from there. */
const FOLDER = join(__dirname, "..", "out", "threads");

/**
 * Makes the one file that threads run of a module and all it imports, packages apart, and answers its path.
 *
 * Everything else is loaded through tsx, which has functions keep their names: a closure is given its name each time
 * it is made. In a run that is 10 to 20 % of the time.
 */
export function threadFile(modulePath: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [modulePath],
    bundle: true,
    packages: "external",
    platform: "node",
    target: `node${process.versions.node}`,
    sourcemap: "inline",
    sourcesContent: false,
    outfile: join(FOLDER, `${basename(modulePath, ".ts")}.cjs`),
    write: false,
  });
  const { contents, path } = outputFiles[0]!;
  mkdirSync(FOLDER, { recursive: true });
  // Others may be writing or reading the same file.
  const written = `${path}.${process.pid}`;
  writeFileSync(written, contents);
  renameSync(written, path);
  return path;
}
