import { expect } from "chai";
import { effectOf, type Pair } from "../../../compare/commands/sensitivity/changes";
import {
  alternativesOf,
  rowsByJob,
  variantJobs,
} from "../../../compare/commands/sensitivity/variants";
import type { Row } from "../../../compare/compare";
import type { Job } from "../../../compare/jobs";
import { goodRow } from "../fixtures";

const ALTERNATIVE = { assumption: "bisect.left", inForce: "floor", value: "ceil" };

function jobOf(stack: string): Job {
  return { stack, knobs: {}, config: {}, workload: "burst" };
}

function losing(stack: string, lost: number): Row {
  const records = { ...goodRow().records, lost };
  return goodRow({ stack, exact: false, score: 0, records, verdict: `Loses ${lost}.` });
}

const effect = (...pairs: Pair[]) => effectOf(ALTERNATIVE, pairs);

describe("alternatives", () => {
  it("are the other values of what was met", () => {
    const met = { "bisect.left": "ceil", "dynamodb.streamShards": 4, "kinesis.pollMs": 1000 };
    expect(alternativesOf(met)).to.deep.equal([
      { assumption: "bisect.left", inForce: "ceil", value: "floor" },
      { assumption: "dynamodb.streamShards", inForce: 4, value: 1 },
      { assumption: "dynamodb.streamShards", inForce: 4, value: 16 },
    ]);
  });

  it("are only run for the jobs that met the assumption", () => {
    const jobs = [jobOf("dev"), jobOf("bisect")];
    const rows = [goodRow({ assumed: [] }), goodRow({ assumed: ["bisect.left"] })];
    const variants = variantJobs(jobs, rows, [ALTERNATIVE]);
    expect(variants.map(({ base }) => base)).to.deep.equal([1]);
    expect(variants[0]!.job).to.deep.equal({
      ...jobs[1],
      assumptions: { "bisect.left": "ceil" },
    });
  });

  it("leave jobs out that failed", () => {
    const jobs = [jobOf("dev"), jobOf("bisect")];
    const row = goodRow({ stack: "bisect" });
    const failed = [{ job: jobs[0]!, failure: { phase: "run" as const, message: "no" } }];
    expect(rowsByJob(jobs, { rows: [row], failed, assumptions: {} })).to.deep.equal([
      undefined,
      row,
    ]);
  });
});

describe("the effect of an alternative", () => {
  it("is none where nothing but numbers changes", () => {
    const [before, after] = [losing("dev", 3), losing("dev", 4)];
    const found = effect({ before, after }, { before: losing("bisect", 9) });
    expect([found.runs, found.verdicts, found.orders]).to.deep.equal([1, [], []]);
  });

  it("is another verdict by another rule", () => {
    const before = goodRow();
    const after = losing("dev", 4);
    expect(effect({ before, after }).verdicts).to.deep.equal([
      { stack: "dev", workload: "burst", settings: {}, before: "Right.", after: "Loses 4." },
    ]);
  });

  it("is another order, with those that did not meet the assumption as they were", () => {
    const bisect = losing("bisect", 3);
    const found = effect({ before: losing("dev", 2), after: losing("dev", 5) }, { before: bisect });
    expect(found.orders).to.deep.equal([
      {
        workload: "burst",
        settings: {},
        before: ["dev", "bisect"],
        after: ["bisect", "dev"],
        byLatencyAlone: false,
      },
    ]);
  });

  it("is an order by latency alone where all else is equal", () => {
    const slow = goodRow({ latencySeconds: { p50: 1, p99: 50, max: 60 } });
    const found = effect(
      { before: goodRow(), after: slow },
      { before: goodRow({ stack: "bisect", latencySeconds: { p50: 1, p99: 9, max: 9 } }) },
    );
    expect(found.orders.map(({ byLatencyAlone }) => byLatencyAlone)).to.deep.equal([true]);
    expect(found.orders[0]!.after).to.deep.equal(["bisect", "dev"]);
  });

  it("is a failure where a run fails under it", () => {
    const failure = { phase: "run" as const, message: "the writes do not add up" };
    expect(effect({ before: goodRow(), failure }).failed).to.deep.equal([
      { stack: "dev", workload: "burst", message: "the writes do not add up" },
    ]);
  });

  it("keeps workloads apart", () => {
    const orders = goodRow({ stack: "bisect", settings: { idempotency: "batch-hash" } });
    const found = effect({ before: losing("dev", 2), after: goodRow() }, { before: orders });
    expect(found.orders).to.deep.equal([]);
  });
});
