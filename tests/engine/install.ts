/**
 * The Pulumi engine that the suite runs: `pulumi` on the PATH if it is of the release that the program's SDK is of,
 * else one built from source, once, into the user's cache.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { version as VERSION } from "@pulumi/pulumi/package.json";

const MODULE_FOLDER = join(__dirname, "pulumi");
const COMMAND_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
/**
 * What the engine spends its time in is optimized, at 40 % less time an operation. The rest, clients of clouds above
 * all, is not: that takes a third off the build.
 */
const OPTIMIZED = [
  "std",
  "golang.org/x/...",
  "google.golang.org/grpc/...",
  "google.golang.org/protobuf/...",
  "github.com/pulumi/...",
];
/** Of several patterns that fit a package, Go takes the last. */
const OPTIMIZING = ["all=-N -l", ...OPTIMIZED.map((packages) => `${packages}=`)].flatMap(
  (flags) => ["-gcflags", flags],
);
/** Before this release, Go cannot fetch the one that the engine asks for. */
const GO_MINOR_MIN = 21;

const executable = process.platform === "win32" ? "pulumi.exe" : "pulumi";

/** The folder whose `bin` holds the engine. @throws Error if there is none, saying how to get one */
export function engineRoot(): string {
  const root = [rootOnPath(), cachedRoot()].find((each) => each && isRelease(each));
  if (root) return root;
  throw new Error(`There is no Pulumi ${VERSION} here: run \`npm run engine\`, which builds it.`);
}

function cachedRoot(): string {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "redrive", "engine", `v${VERSION}`);
}

function rootOnPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const folder = folders.find((each) => each && existsSync(join(each, executable)));
  return folder?.endsWith("bin") ? dirname(folder) : undefined;
}

function isRelease(root: string): boolean {
  const { stdout } = spawnSync(join(root, "bin", executable), ["version"], { encoding: "utf8" });
  return stdout?.trim() === `v${VERSION}`;
}

/** @throws Error that says what is missing */
async function build(): Promise<void> {
  const found = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const minor = Number(/^go1\.(\d+)/.exec(found.stdout ?? "")?.[1] ?? 0);
  if (minor < GO_MINOR_MIN) {
    throw new Error(
      `Building Pulumi ${VERSION} takes Go 1.${GO_MINOR_MIN} or later, and ` +
        `${minor === 0 ? "there is none" : `here is ${found.stdout.trim()}`}. ` +
        `Install Go, or put Pulumi ${VERSION} on the PATH in a folder called bin.`,
    );
  }
  const target = join(cachedRoot(), "bin", executable);
  const unfinished = `${target}.${process.pid}`;
  mkdirSync(dirname(target), { recursive: true });
  process.stderr.write(
    `Building Pulumi ${VERSION} into ${dirname(target)}: once, about 5 minutes on two cores …\n`,
  );
  const flags = `-s -w -X ${VERSION_VARIABLE}=v${VERSION}`;
  // -v names each package: the only progress that the compiler shows.
  const options = ["build", "-trimpath", ...OPTIMIZING, ...(process.stderr.isTTY ? ["-v"] : [])];
  try {
    await run("go", [...options, "-ldflags", flags, "-o", unfinished, COMMAND_PACKAGE]);
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, {
    cwd: MODULE_FOLDER,
    stdio: ["ignore", "inherit", "inherit"],
    // The release that go.mod asks for comes from where modules come from.
    env: { ...process.env, GOTOOLCHAIN: "auto", GOFLAGS: "-mod=readonly" },
  });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("exit", (code) => {
      if (code === 0) done();
      else failed(new Error(`${command} ${args.join(" ")} ended with ${code}; see above.`));
    });
  });
}

async function main(): Promise<void> {
  const roots = [rootOnPath(), cachedRoot()];
  if (!roots.some((root) => root && isRelease(root))) await build();
  process.stderr.write(`Engine: ${join(engineRoot(), "bin", executable)}\n`);
}

if (require.main === module) {
  main().catch((cause: Error) => {
    process.stderr.write(`${cause.message}\n`);
    process.exitCode = 1;
  });
}
