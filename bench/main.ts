/**
 * `npm run bench`: what a simulated run costs. Each workload is run once to warm up and three times to count
 * (`npm run bench -- 1`: once); the medians are printed. Machines are noisy: compare figures of one machine only.
 */
import { Deployment, synthesize } from "../simulator";
import { prepareRun } from "../compare/systems";
import { DEFAULT_SETTINGS, START_AT, type WorkloadName } from "../compare/workloads";

interface Sample {
  readonly cpuMs: number;
  readonly virtualSeconds: number;
  readonly sdkCalls: number;
  readonly events: number;
}

const COUNTED_RUNS = Number(process.argv[2] ?? 3);

/** `count`: records put on the stream, orders that clients want to place, trips, or rows of the error lab. */
const CASES: readonly { stack: string; workload: WorkloadName; count: number }[] = [
  { stack: "dev", workload: "burst", count: DEFAULT_SETTINGS.messages },
  { stack: "aws-defaults", workload: "poison", count: DEFAULT_SETTINGS.messages },
  { stack: "aws-defaults", workload: "poison", count: 400 },
  { stack: "dev", workload: "orders", count: 5_000 },
  { stack: "windows-exact", workload: "trips", count: 100_000 },
  { stack: "windows-patient", workload: "trips", count: 100_000 },
  { stack: "errorlab-isolated", workload: "errors", count: 1_000 },
];

/** What is counted. */
const SUBJECTS = {
  burst: "records",
  poison: "records",
  orders: "orders",
  trips: "trips",
  errors: "rows",
} as const;

async function main(): Promise<void> {
  // As the workers have it: where handlers throw is of interest to nobody.
  Error.stackTraceLimit = 0;
  const startedAt = performance.now();
  const names = [...new Set(CASES.map(({ stack }) => stack))];
  const deployments = new Map<string, Deployment>();
  for (const stack of names) {
    deployments.set(stack, await synthesize(process.cwd(), { stack }));
  }
  const eachMs = (performance.now() - startedAt) / names.length;
  print("synthesize", `${eachMs.toFixed(0)} ms a stack`);
  for (const { count, stack, workload } of CASES) {
    const samples: Sample[] = [];
    for (let run = 0; run <= COUNTED_RUNS; run++) {
      const sample = await measure(deployments.get(stack)!, workload, count);
      if (run > 0) samples.push(sample);
    }
    report(`${stack}, ${workload}, ${count} ${SUBJECTS[workload]}`, count, samples);
  }
}

async function measure(deployment: Deployment, name: WorkloadName, count: number): Promise<Sample> {
  const settings = {
    ...DEFAULT_SETTINGS,
    messages: count,
    orders: count,
    trips: count,
    things: count,
  };
  const { faults, run } = prepareRun(name, 1, settings, deployment.outputs);
  const before = process.cpuUsage();
  const account = await deployment.start({ seed: 1, faults, startAt: START_AT });
  const { virtualSeconds } = await run(account);
  const { system, user } = process.cpuUsage(before);
  const { entries } = account.trace;
  const sdkCalls = entries.filter(({ label }) => label.endsWith(" answered")).length;
  return { cpuMs: (user + system) / 1000, virtualSeconds, sdkCalls, events: entries.length };
}

function report(name: string, count: number, samples: readonly Sample[]): void {
  const middle = [...samples].sort((a, b) => a.cpuMs - b.cpuMs)[Math.floor(samples.length / 2)]!;
  const { cpuMs, events, sdkCalls, virtualSeconds } = middle;
  print(
    name,
    `${(cpuMs / 1000).toFixed(2)} s of computing, ` +
      `${Math.round((count / cpuMs) * 1000)}/s, ` +
      `${Math.round((virtualSeconds * 1000) / cpuMs)} virtual seconds per second, ` +
      `${sdkCalls} SDK calls at ${((cpuMs * 1000) / sdkCalls).toFixed(0)} µs all in, ` +
      `${events} events, ` +
      `peak memory so far ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  );
}

function print(what: string, figures: string): void {
  process.stdout.write(`${what.padEnd(40)} ${figures}\n`);
}

void main();
