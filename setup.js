// Makes a fresh clone ready: installs the packages of the lockfile, and the Node.js that npm scripts run on.
// Runs on whatever Node.js the machine has, so it is plain JavaScript without dependencies.
"use strict";
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = __dirname;
const stamp = join(root, "node_modules", ".redrive-lockfile");
const nodeBinary = join(root, "node_modules", "node", "bin", "node");

/** What is installed is what the lockfile says, if this text is the same. */
function lockfileHash() {
  const text = readFileSync(join(root, "package-lock.json"));
  return createHash("sha256").update(text).digest("hex");
}

function isInstalled() {
  if (!existsSync(stamp) || !existsSync(nodeBinary)) return false;
  return readFileSync(stamp, "utf8") === lockfileHash();
}

function npm(...args) {
  const run = spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (run.status === 0) return;
  process.stderr.write(`${run.stdout}${run.stderr}\nnpm ${args.join(" ")} failed; see above.\n`);
  process.exit(1);
}

if (!isInstalled()) {
  process.stderr.write("Installing what the lockfile lists (once, about a minute) …\n");
  npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false");
  // The one package whose install script is needed: it brings the Node.js binary.
  npm("rebuild", "node", "--ignore-scripts=false");
  writeFileSync(stamp, lockfileHash());
  process.stderr.write("Installed.\n");
}
