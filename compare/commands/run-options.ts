import type { Command } from "commander";
import { OPTION_DEFAULTS } from "../options";
import { collect } from "./subcommand";

type Defaults = typeof OPTION_DEFAULTS;

/** The options that make a run what it is, stack and workload aside: the same for every command that runs one. */
export function withRunOptions(command: Command, changed: Partial<Defaults> = {}): Command {
  const defaults = { ...OPTION_DEFAULTS, ...changed };
  return command
    .option("--seed <n>", "what everything random derives from", defaults.seed)
    .option("--messages <n>", "records to put on the stream", defaults.messages)
    .option("--orders <n>", "orders that clients want to place", defaults.orders)
    .option("--trips <n>", "trips to put on the stream", defaults.trips)
    .option("--trips-file <csv>", "read them from a file, such as samples/trips.csv")
    .option("--resend <percent>", "of the puts of trips are sent again", defaults.resend)
    .option("--things <n>", "rows of the workload errors", defaults.things)
    .option("--fail-state <percent>", "of State's invocations fail", defaults.failState)
    .option("--fail-map <percent>", "of Map's fail after commit", defaults.failMap)
    .option("--fail-reduce <percent>", "of Reduce's fail after commit", defaults.failReduce)
    .option("--fail-process <percent>", "of ProcessOrder's fail", defaults.failProcess)
    .option(
      "--fail-inventory <percent>",
      "of UpdateInventory's fail after commit or run too long",
      defaults.failInventory,
    )
    .option(
      "--fail-consumer <percent>",
      "of the consumer's fail (trips, errors)",
      defaults.failConsumer,
    )
    .option(
      "--poison <k>",
      "records or events nothing can process (poison, orders)",
      defaults.poison,
    )
    .option(
      "--poison-attempts <n>",
      "how often 3 more are refused (poison)",
      defaults.poisonAttempts,
    )
    .option("--assume <name=value>", "change what is assumed about AWS", collect)
    .option("--verbose", "stack traces");
}
