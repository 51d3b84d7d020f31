import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Artifact } from "../services/lambda/module-loader";

/** A deployment package as plain data: the texts in it and the names of its packages. */
export async function readArtifact(archive: pulumi.asset.AssetArchive): Promise<Artifact> {
  const assets = await archive.assets;
  const files: Record<string, string> = {};
  const packages: string[] = [];
  for (const [path, asset] of Object.entries(assets).sort(byName)) {
    if (asset instanceof pulumi.asset.StringAsset) files[path] = await asset.text;
    else packages.push(path.replace(/^node_modules\//, ""));
  }
  const hash = createHash("sha256").update(JSON.stringify({ files, packages }));
  return { files, packages, root: process.cwd(), sha256: hash.digest("base64") };
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
