import { StreamingAggregation } from "./components/streaming-aggregation";
import { readSettings } from "./config";

/**
 * The program. Settings are read and checked before any resource is created.
 *
 * @returns the outputs of the systems that `redrive:systems` chooses
 * @throws Error with code `INVALID_CONFIG`
 */
async function program(): Promise<Record<string, unknown>> {
  const settings = readSettings();
  const outputs: Record<string, unknown> = {};
  if (settings.systems.includes("aggregation")) {
    Object.assign(outputs, new StreamingAggregation("aggregation", { settings }).outputs);
  }
  return outputs;
}

export = program;
