import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config";
import { packing, PACKAGES, PACKAGES_OF_ERROR_LAB } from "./packages";
import { RUNTIME } from "./restricted-function";

/**
 * One layer with the packages that functions require. What the handlers share among themselves stays in each function:
 * Pulumi serializes it with the handler, and a package is what a serialized handler requires by name.
 *
 * Source: Lambda, "Packaging your layer content": `nodejs/node_modules` is where Node.js looks.
 */
export function sharedCodeLayer(name: string, { systems }: Settings): aws.lambda.LayerVersion {
  const needed = [...PACKAGES, ...(systems.includes("errorlab") ? PACKAGES_OF_ERROR_LAB : [])];
  // The name is the account's, not the stack's: without both parts, two stacks would number one layer's versions.
  const layerName = [pulumi.getProject(), pulumi.getStack(), name].join("-");
  return new aws.lambda.LayerVersion(name, {
    layerName: layerName.replace(/[^\w-]/g, "-"),
    compatibleRuntimes: [RUNTIME],
    code: new pulumi.asset.AssetArchive(foldersOf(needed)),
  });
}

/** The packages and all that they depend on, as Pulumi would pack them with a function. */
async function foldersOf(
  needed: Parameters<typeof packing>[0],
): Promise<Record<string, pulumi.asset.Asset | pulumi.asset.Archive>> {
  const folders = await pulumi.runtime.computeCodePaths(packing(needed));
  return Object.fromEntries([...folders].map(([path, folder]) => [`nodejs/${path}`, folder]));
}
