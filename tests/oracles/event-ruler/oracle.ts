import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

/** A pattern, and the events to try it on, all as JSON text. */
export interface Question {
  readonly pattern: string;
  readonly events: readonly string[];
}

/** What the matcher says: that the pattern is no pattern, of each event whether it matches, or that it broke. */
export type Answer =
  | { readonly invalid: string }
  | { readonly matches: readonly boolean[] }
  | { readonly failed: string };

const FOLDER = __dirname;
const TARGET = path.join(FOLDER, "target");
const STAMP = path.join(TARGET, "built-from");
const SOURCES = ["pom.xml", "src/main/java/EventRulerOracle.java"];
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Builds the program with Maven, unless it is built from these very sources.
 *
 * @throws an `Error` if Maven or Java is missing, or fails
 */
export function buildOracle(): void {
  const hash = createHash("sha256");
  for (const source of SOURCES) hash.update(readFileSync(path.join(FOLDER, source)));
  const sources = hash.digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === sources) return;
  run("mvn", ["--batch-mode", "--quiet", "clean", "prepare-package"], "");
  writeFileSync(STAMP, sources);
}

/** Asks everything at once: starting Java takes longer than thousands of answers. */
export function askOracle(questions: readonly Question[]): Answer[] {
  const classPath = [path.join(TARGET, "classes"), path.join(TARGET, "lib", "*")];
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const arguments_ = ["-cp", classPath.join(path.delimiter), "EventRulerOracle"];
  const lines = run("java", arguments_, input).trimEnd().split("\n");
  if (lines.length !== questions.length) {
    throw new Error(`${questions.length} questions, ${lines.length} answers`);
  }
  return lines.map((line) => JSON.parse(line) as Answer);
}

function run(command: string, arguments_: readonly string[], input: string): string {
  const { error, status, stderr, stdout } = spawnSync(command, arguments_, {
    cwd: FOLDER,
    encoding: "utf8",
    input,
    maxBuffer: ANSWER_BYTES_MAX,
  });
  if (error && status === null) {
    throw new Error(`${command} cannot be run (${error.message}): Java 17 and Maven are needed`);
  }
  if (error || status !== 0) throw new Error(`${command} failed (${status}):\n${stderr || stdout}`);
  return stdout;
}
