import type * as pulumi from "@pulumi/pulumi";

/** Keeps a resource that holds data from being deleted, while `redrive:protectData` is on. */
export function protecting(
  protectData: boolean,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResourceOptions {
  return protectData ? { ...opts, protect: true } : opts;
}
