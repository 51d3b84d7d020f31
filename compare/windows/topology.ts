import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import type { Account } from "../account";

/** The consumer by its logical name: what faults and `account.invocations` go by. */
export const CONSUMER = "windows-consumer";

/** What the windowed aggregation exports, as far as the comparison needs it: physical names. */
const outputsSchema = z.object({
  windowsStreamName: z.string(),
  windowsConsumerFunctionName: z.string(),
  windowsAggregateTableName: z.string(),
  windowsLedgerTableName: z.string(),
  windowsDeadLetterQueueUrl: z.string(),
  windowsDeadLetterTopicQueueUrl: z.string(),
  windowsDeadLetterBucketName: z.string(),
});

export type WindowTopology = z.infer<typeof outputsSchema>;

/** @throws Error that names every output the program lacks. */
export function windowTopologyOf(outputs: Readonly<Record<string, unknown>>): WindowTopology {
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join("."));
  throw new Error(
    `The program exports no usable ${missing.join(", ")}: the comparison needs these names to read the results.`,
  );
}

/** Whose windows these are: the mapping's, by arrival, or the consumer's own, by pickup. */
export interface WindowPromise {
  readonly mode: "tumbling" | "exact";
  readonly windowMs: number;
}

/**
 * What the stack promises, from what is deployed.
 *
 * @returns with tumbling windows of no length, if the mapping never had one
 */
export async function windowPromise(
  account: Account,
  { windowsConsumerFunctionName }: WindowTopology,
): Promise<WindowPromise> {
  const { Environment } = await account
    .client(LambdaClient)
    .send(new GetFunctionConfigurationCommand({ FunctionName: windowsConsumerFunctionName }));
  const seconds = Environment?.Variables?.["WINDOW_SECONDS"];
  if (seconds !== undefined) return { mode: "exact", windowMs: Number(seconds) * 1_000 };
  for (const mapping of account.mappings()) {
    if (mapping.function !== CONSUMER) continue;
    for (const { window } of mapping.decisions) {
      if (window) return { mode: "tumbling", windowMs: window.endMs - window.startMs };
    }
  }
  return { mode: "tumbling", windowMs: 0 };
}
