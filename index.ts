import * as pulumi from "@pulumi/pulumi";
import { ErrorLab } from "./components/error-lab";
import { OrderFanout } from "./components/order-fanout";
import { sharedCodeLayer } from "./components/shared-code-layer";
import { StreamingAggregation } from "./components/streaming-aggregation";
import { WindowedAggregation } from "./components/windowed-aggregation";
import { readSettings, warningsOf } from "./config";

/**
 * The program. Settings are read and checked before any resource is created.
 *
 * @returns the outputs of the systems that `redrive:systems` chooses
 * @throws RunError with code `INVALID_CONFIG`
 */
async function program(): Promise<Record<string, unknown>> {
  const settings = readSettings();
  for (const warning of warningsOf(settings)) {
    await pulumi.log.warn(`stack ${pulumi.getStack()}: ${warning}`);
  }
  const { systems } = settings;
  const sharedCode = settings.sharedCodeLayer
    ? sharedCodeLayer("shared-code", settings)
    : undefined;
  const stack = { settings, ...(sharedCode && { sharedCode }) };
  const outputs: Record<string, unknown> = {};
  if (systems.includes("aggregation")) {
    Object.assign(outputs, new StreamingAggregation("aggregation", stack).outputs);
  }
  if (systems.includes("orders")) {
    Object.assign(outputs, new OrderFanout("orders", stack).outputs);
  }
  if (systems.includes("windows")) {
    Object.assign(outputs, new WindowedAggregation("windows", stack).outputs);
  }
  if (systems.includes("errorlab")) {
    Object.assign(outputs, new ErrorLab("errorlab", stack).outputs);
  }
  return outputs;
}

export = program;
