import { spawn } from "node:child_process";
import { join } from "node:path";
import { comparisonSchema, type ComparisonJson } from "../../compare/result";
import { PROJECT } from "./trial";

/** `npm start` with these arguments, in a process of its own, and what it writes as JSON. */
export async function compareAfresh(args: readonly string[]): Promise<ComparisonJson> {
  const main = join(PROJECT, "compare/main.ts");
  const child = spawn(process.execPath, ["--import=tsx", main, ...args, "--json", "-"], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once("close", resolve);
    // Without a listener, a process that cannot be started would end this one.
    child.once("error", reject);
  });
  if (code !== 0) throw new Error(`npm start -- ${args.join(" ")}: exit ${code}\n${texts.stderr}`);
  return comparisonSchema.parse(JSON.parse(texts.stdout));
}
