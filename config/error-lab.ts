import { z } from "zod";
import {
  functionDefaults,
  functionKnobs,
  functionSchema,
  oneOf,
  settingGroup,
  whole,
  type FunctionSettings,
  type Problem,
  type Whole,
} from "./kinds";
import { mappingDefaults, mappingKnobs, mappingProblems, type MappingSettings } from "./mapping";

/** SQS hides a received message for half a minute, and AWS wants no function that runs longer on its queue. */
const VISIBILITY_S = 30;

/** What the error lab is when a stack says nothing. */
export const errorLabDefaults = {
  shardCount: 1,
  idempotency: "none",
  infrastructure: "mapping",
  infrastructureAttempts: 3,
  infrastructureRecoversPercent: 50,
  timeoutPercent: 20,
  dependencyTimeoutMs: 200,
  ...mappingDefaults,
  maximumRetryAttempts: 2,
  onFailure: "sqs",
  ...functionDefaults,
  fetch: functionDefaults,
} as const;

export const errorLabKnobs = {
  /** Shards of this stream; none with streamMode ON_DEMAND. */
  shardCount: whole(1, 10_000),
  /**
   * What keeps a record from having its effect twice: nothing, what Kinesis calls it (the same in each delivery), or
   * its content (the same in each copy, too).
   */
  idempotency: oneOf(["none", "sequence-number", "payload-hash"]),
  /**
   * Who retries `aa-infra`: the mapping (the record fails, and its batch with it) or the handler (in the invocation,
   * then the record goes to INFRA).
   */
  infrastructure: oneOf(["mapping", "handler"]),
  /** Attempts that the handler makes, the first included; with `infrastructure: handler`. */
  infrastructureAttempts: whole(1, 10),
  /** Share of the attempts at `aa-infra` that succeed, drawn for each. */
  infrastructureRecoversPercent: whole(0, 100),
  /** Share of the deliveries of `aa-OK` that time out, drawn for each. */
  timeoutPercent: whole(0, 100),
  /** How long the handler waits before it takes a dependency for timed out, in milliseconds. */
  dependencyTimeoutMs: whole(0, 60_000),
  ...mappingKnobs,
  ...functionKnobs,
};

export const errorLabSchema = z
  .strictObject({ ...errorLabKnobs, fetch: functionSchema }, settingGroup)
  .partial();
type Given = z.infer<typeof errorLabSchema>;

/** The settings known at each group of `errorlab`, by path. */
export const errorLabShapes: Readonly<Record<string, object>> = {
  errorlab: errorLabSchema.shape,
  "errorlab.fetch": functionKnobs,
};

/** Every setting of the error lab. */
export type ErrorLabSettings = Whole<Omit<Given, keyof MappingSettings | "fetch">> &
  MappingSettings &
  FunctionSettings & { readonly fetch: FunctionSettings };

export function completeErrorLab(given: Given = {}): ErrorLabSettings {
  return { ...errorLabDefaults, ...given, fetch: { ...errorLabDefaults.fetch, ...given.fetch } };
}

/** Problems that lie between the settings of the error lab. */
export function errorLabProblems(errorlab: ErrorLabSettings, retentionS: number): Problem[] {
  const problems = mappingProblems(errorlab, {
    name: "errorlab",
    isKinesis: true,
    retentionS,
    pathOf: (knob) => ["errorlab", knob],
  });
  if (errorlab.fetch.timeout > VISIBILITY_S) {
    problems.push({
      path: ["errorlab", "fetch", "timeout"],
      expected: `at most ${VISIBILITY_S}, the visibility timeout of the queues that it reads, or AWS refuses the mapping`,
      came: errorlab.fetch.timeout,
    });
  }
  return problems;
}
