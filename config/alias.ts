import { z } from "zod";
import { settingGroup, whole, VERSION_MAX, type Problem, type Whole } from "./kinds";

const WEIGHT = "a number from 0 to 1";
const NAME = "1 to 128 of A–Z a–z 0–9 _ -, not digits alone";

/** What the alias is when a stack says nothing: there is none. */
export const aliasDefaults = { canaryWeight: 0, previousVersion: 0 } as const;

/**
 * One alias of each function, through which everything that feeds a function invokes it.
 * Source: Lambda, "Implement Lambda canary deployments using a weighted alias".
 */
export const aliasKnobs = {
  /** Without `publishVersions` it stands for `$LATEST`, with it for the version that was published last. */
  name: z.string({ error: NAME }).regex(/^(?!\d+$)[\w-]{1,128}$/, { error: NAME }),
  /** Share of the invocations that the version published last gets; `previousVersion` gets the others. */
  canaryWeight: z.number({ error: WEIGHT }).min(0, { error: WEIGHT }).max(1, { error: WEIGHT }),
  /** The version from before. A function that has none newer than this one has no canary. */
  previousVersion: whole(1, VERSION_MAX, { value: 0, means: "none" }),
};

export const aliasSchema = z.strictObject(aliasKnobs, settingGroup).partial();
type Given = z.infer<typeof aliasSchema>;

/** Without a name there is no alias. */
export type AliasSettings = Whole<Omit<Given, "name">> & { readonly name?: string };

export function completeAlias(given: Given = {}): AliasSettings {
  return { ...aliasDefaults, ...given };
}

/** Problems that lie between the settings of the alias, and between them and what is published. */
export function aliasProblems(alias: AliasSettings, publishVersions: boolean): Problem[] {
  const { canaryWeight, name, previousVersion } = alias;
  const problems: Problem[] = [];
  const report = (knob: keyof AliasSettings, expected: string, advice: string): void => {
    problems.push({ path: ["alias", knob], expected, came: alias[knob], advice });
  };
  const isRouted = canaryWeight > 0 || previousVersion > 0;
  if (isRouted && name === undefined) {
    report("name", "a name with canaryWeight or previousVersion", "Add it, or remove the two.");
  }
  if (isRouted && !publishVersions) {
    problems.push({
      path: ["publishVersions"],
      expected:
        "true with alias.canaryWeight or alias.previousVersion, for $LATEST cannot be one of two versions",
      came: false,
      advice: "Set it to true, or remove the two.",
    });
  }
  if (canaryWeight > 0 && previousVersion === 0) {
    report(
      "previousVersion",
      "a version with canaryWeight, for the invocations that the canary does not get",
      "Set it to what the alias stands for now, or remove redrive:alias.canaryWeight.",
    );
  }
  return problems;
}
