import * as pulumi from "@pulumi/pulumi";
import { ErrorLab } from "./components/error-lab";
import { OrderFanout } from "./components/order-fanout";
import { StreamingAggregation } from "./components/streaming-aggregation";
import { WindowedAggregation } from "./components/windowed-aggregation";
import { readSettings, warningsOf } from "./config";

/**
 * The program. Settings are read and checked before any resource is created.
 *
 * @returns the outputs of the systems that `redrive:systems` chooses
 * @throws Error with code `INVALID_CONFIG`
 */
async function program(): Promise<Record<string, unknown>> {
  const settings = readSettings();
  for (const warning of warningsOf(settings)) await pulumi.log.warn(warning);
  const outputs: Record<string, unknown> = {};
  if (settings.systems.includes("aggregation")) {
    Object.assign(outputs, new StreamingAggregation("aggregation", { settings }).outputs);
  }
  if (settings.systems.includes("orders")) {
    Object.assign(outputs, new OrderFanout("orders", { settings }).outputs);
  }
  if (settings.systems.includes("windows")) {
    Object.assign(outputs, new WindowedAggregation("windows", { settings }).outputs);
  }
  if (settings.systems.includes("errorlab")) {
    Object.assign(outputs, new ErrorLab("errorlab", { settings }).outputs);
  }
  return outputs;
}

export = program;
