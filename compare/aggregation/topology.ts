import { z } from "zod";

/** The program's functions by their logical names: what faults and `account.invocations` go by. */
export const FUNCTIONS = {
  state: "aggregation-state",
  map: "aggregation-map",
  reduce: "aggregation-reduce",
  sweep: "aggregation-sweep",
  repair: "aggregation-repair",
} as const;

export type FunctionRole = keyof typeof FUNCTIONS;
export const FUNCTION_ROLES = Object.keys(FUNCTIONS) as FunctionRole[];

/** What the streaming aggregation exports, as far as the comparison needs it: physical names. */
const outputsSchema = z.object({
  streamName: z.string(),
  stateTableName: z.string(),
  ledgerTableName: z.string(),
  outboxTableName: z.string(),
  aggregateTableName: z.string(),
  repairFunctionName: z.string(),
  deadLetterQueueUrl: z.string(),
  deadLetterTopicQueueUrl: z.string(),
  deadLetterBucketName: z.string(),
});

export type Topology = z.infer<typeof outputsSchema>;

/** @throws Error that names every output the program lacks. */
export function topologyOf(outputs: Readonly<Record<string, unknown>>): Topology {
  const parsed = outputsSchema.safeParse(outputs["aggregation"] ?? outputs);
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join("."));
  throw new Error(
    `The program exports no usable ${missing.join(", ")}: the comparison needs these names to read the results.`,
  );
}
