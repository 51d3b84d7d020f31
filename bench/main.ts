/**
 * `npm run bench`: what a simulated run costs. Each workload has a thread of its own, as the comparison starts them,
 * and is run in it once to warm up and three times to count; the medians are printed. `npm run bench -- 1` runs each
 * once, cold. Machines are noisy: compare figures of one machine only.
 */
import { join } from "node:path";
import { startThreads } from "../compare/pool";
import { DEFAULT_SETTINGS } from "../compare/workloads";
import { synthesize, type Synthesis } from "../simulator";
import type { Sample, Subject } from "./measure";

const COUNTED_RUNS = Number(process.argv[2] ?? 3);

const CASES: readonly ({ stack: string } & Omit<Subject, "synthesis">)[] = [
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
  const startedAt = performance.now();
  const names = [...new Set(CASES.map(({ stack }) => stack))];
  const syntheses = new Map<string, Synthesis>();
  for (const stack of names) {
    syntheses.set(stack, (await synthesize(process.cwd(), { stack })).synthesis);
  }
  const eachMs = (performance.now() - startedAt) / names.length;
  print("synthesize", `${eachMs.toFixed(0)} ms a stack`);
  for (const { count, stack, workload } of CASES) {
    const samples = await samplesOf({ synthesis: syntheses.get(stack)!, workload, count });
    report(`${stack}, ${workload}, ${count} ${SUBJECTS[workload]}`, count, samples);
  }
}

async function samplesOf(subject: Subject): Promise<Sample[]> {
  const thread = startThreads<Subject, Sample>(1, join(__dirname, "measure.ts"));
  try {
    if (COUNTED_RUNS > 1) await thread.run(subject);
    const samples: Sample[] = [];
    while (samples.length < COUNTED_RUNS) samples.push(await thread.run(subject));
    return samples;
  } finally {
    await thread.destroy();
  }
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
