import { z } from "zod";

/** The functions by their logical names: what faults and `account.invocations` go by. */
export const CONSUMER = "errorlab-consumer";
export const READ_BACK = "errorlab-read-back";
export const FUNCTIONS = [CONSUMER, "errorlab-fetch", READ_BACK] as const;

/** What the error lab exports, as far as the comparison needs it: physical names. */
const outputsSchema = z.object({
  errorlabStreamName: z.string(),
  errorlabThingTableName: z.string(),
  errorlabDlqUrl: z.string(),
  errorlabTimeoutQueueUrl: z.string(),
  errorlabInfraQueueUrl: z.string(),
});

export type ErrorLabTopology = z.infer<typeof outputsSchema>;

/** @throws Error that names every output the program lacks. */
export function errorLabTopologyOf(outputs: Readonly<Record<string, unknown>>): ErrorLabTopology {
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join("."));
  throw new Error(
    `The program exports no usable ${missing.join(", ")}: the comparison needs these names to read the results.`,
  );
}
