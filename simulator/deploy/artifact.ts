import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Artifact } from "../services/lambda/module-loader";

type Archive = pulumi.asset.AssetArchive | pulumi.asset.FileArchive;

/** A deployment package or a layer as plain data: the texts in it and the names of its packages. */
export async function readArtifact(archive: Archive): Promise<Artifact> {
  const content: Content = { files: {}, packages: [] };
  await read(archive, "", content);
  const hash = createHash("sha256").update(JSON.stringify(content));
  return { ...content, root: process.cwd(), sha256: hash.digest("base64") };
}

interface Content {
  readonly files: Record<string, string>;
  readonly packages: string[];
}

/** The packages of a function: the host has them, their texts are read when they are required. */
const PACKAGES = /^node_modules\//;

async function read(asset: unknown, path: string, content: Content): Promise<void> {
  if (asset instanceof pulumi.asset.StringAsset) content.files[path] = await asset.text;
  else if (PACKAGES.test(path)) content.packages.push(path.replace(PACKAGES, ""));
  else if (asset instanceof pulumi.asset.AssetArchive) {
    for (const [name, inner] of Object.entries(await asset.assets).sort(byName)) {
      await read(inner, path === "" ? name : `${path}/${name}`, content);
    }
  } else if (asset instanceof pulumi.asset.FileAsset) {
    content.files[path] = readFileSync(existing(await asset.path), "utf8");
  } else if (asset instanceof pulumi.asset.FileArchive) {
    readFolder(await asset.path, path, content);
  } else {
    throw new Error(
      `${path}: the simulated account reads texts, files and folders of this machine`,
    );
  }
}

function readFolder(source: string, path: string, { files }: Content): void {
  if (!statSync(existing(source)).isDirectory()) {
    throw new Error(`${source}: expected a folder; the simulated account does not unpack archives`);
  }
  const names = readdirSync(source, { recursive: true, encoding: "utf8" }).sort();
  for (const name of names) {
    const file = join(source, name);
    if (!statSync(file).isFile()) continue;
    files[path === "" ? name : `${path}/${name}`] = readFileSync(file, "utf8");
  }
}

/** Relative paths are the program's; of a program that the engine runs elsewhere, they lead nowhere or astray. */
function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new Error(
    `${path}: no such file or folder in ${process.cwd()}; deploy from the folder in which the account runs`,
  );
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
