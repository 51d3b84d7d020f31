import type { ResourceDefinition } from "../service";
import { archive } from "./archive-resource";
import { bus, busPolicy } from "./bus-resources";
import { rule } from "./rule-resource";
import { target } from "./target-resource";

/** Buses, rules, targets and archives. Schedules are rates; pipes, partners and API destinations are not modelled. */
export const eventBridgeResources = [
  ...[bus, busPolicy, archive, rule, target],
] as unknown as ResourceDefinition[];
