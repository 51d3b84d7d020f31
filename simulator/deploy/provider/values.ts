/** Property values as the engine sends them: plain JSON in which some texts and some objects mean something else. */
import * as pulumi from "@pulumi/pulumi";
import { readArtifact } from "../artifact";

export type Properties = Readonly<Record<string, unknown>>;

/**
 * What stands for a value that is not known yet, while a deployment is previewed: one text for each kind of value.
 * Source: sdk/go/common/resource/plugin/rpc.go of Pulumi.
 */
const UNKNOWN: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** Whether a value is not known yet, or has a part that is not. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return UNKNOWN.has(value);
  return Object.values(value).some(hasUnknown);
}

/** What is at a path such as `filterCriteria.filters.0.pattern`: the last thing there is on the way, at least. */
export function valueOn(properties: Properties, path: string): unknown {
  let value: unknown = properties;
  for (const key of path.split(".")) {
    const inner = (value as Properties | undefined)?.[key];
    if (inner === undefined) return value === properties ? undefined : value;
    value = inner;
  }
  return value;
}

/** The properties with the contents of their archives read, as definitions take them. */
export async function withArtifacts(properties: Properties): Promise<Record<string, unknown>> {
  const entries = Object.entries(properties).map(async ([name, value]) => {
    if (!isArchive(value)) return [name, value] as const;
    const archive = pulumi.runtime.deserializeProperty(value) as pulumi.asset.AssetArchive;
    return [name, await readArtifact(archive)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The properties with the engine's hash for every archive: enough to check and to compare them. */
export function withArchiveHashes(properties: Properties): Record<string, unknown> {
  const entries = Object.entries(properties).map(([name, value]) => {
    if (!isArchive(value)) return [name, value];
    return [name, { files: {}, packages: [], root: "", sha256: String(value.hash) }];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** Outputs with the archives as the engine sent them: what the account makes of them is its own affair. */
export function withArchivesOf(
  inputs: Properties,
  outputs: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const archives = Object.entries(inputs).filter(([, value]) => isArchive(value));
  return { ...outputs, ...Object.fromEntries(archives) };
}

function isArchive(value: unknown): value is { readonly hash?: unknown } {
  const signature = (value as Properties | null | undefined)?.[SIGNATURE_KEY];
  return signature === ARCHIVE_SIGNATURE;
}
