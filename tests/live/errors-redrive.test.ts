import { expect } from "chai";
import { deployed, rehearsed } from "./trial";

const MENDING = { timeoutPercent: 0, infrastructureRecoversPercent: 100 };

async function redriven(stack: string, errorlab: object, interruptAfter?: number) {
  const config = { "redrive:errorlab": errorlab };
  const mended = { stack, config: { "redrive:errorlab": { ...errorlab, ...MENDING } } };
  const deployment = await deployed(stack, "errors", config);
  const conditions = { workload: "errors", interruptAfter, mended } as const;
  return (await rehearsed(deployment, conditions)).rehearsal;
}

/** What a stack has that loses and repeats nothing: content is a row's identity. */
const ONCE = {
  idempotency: "payload-hash",
  bisectBatchOnFunctionError: true,
  reportBatchItemFailures: true,
  maximumRetryAttempts: 2,
};

describe("a redrive of the error lab", function () {
  this.timeout(120_000);

  for (const [onFailure, interruptAfter] of [
    ["s3", undefined],
    ["sqs", 3],
    ["sns", 7],
  ] as const) {
    it(`does each row once that can be done, and leaves the others in DLQ (${onFailure})`, async () => {
      const { after, before, report } = await redriven(
        "errorlab-isolated",
        { ...ONCE, onFailure },
        interruptAfter,
      );
      expect(before.records.deadLettered.good).to.be.greaterThan(0);
      const { dlq, givenUp, infra, timeout } = after.errors!.ended;
      expect({ givenUp, infra, timeout }).to.deep.equal({ givenUp: 0, infra: 0, timeout: 0 });
      expect(dlq).to.equal(before.errors!.things.badFormat);
      expect(report).to.deep.include({ gone: [], kept: [], stillBad: dlq });
      expect(after).to.include({ exact: true, consistent: true });
    });
  }

  it("is caught doing again what was done, without idempotency", async () => {
    const { after, before } = await redriven("errorlab", {});
    expect(before.records.alreadyApplied).to.be.greaterThan(0);
    expect(after.errors!.duplicates.doneAgain).to.be.greaterThan(
      before.errors!.duplicates.doneAgain,
    );
    expect(after.records.deadLettered.good).to.equal(0);
  });

  it("keeps what cannot be mended where it is (infrastructure that never recovers)", async () => {
    const never = { infrastructureRecoversPercent: 0, maximumRetryAttempts: 1 };
    const config = { "redrive:errorlab": never };
    const deployment = await deployed("errorlab", "errors", config);
    const { after, report } = (await rehearsed(deployment, { workload: "errors" })).rehearsal;
    expect(report.kept.length).to.be.greaterThan(0);
    expect(report.kept.map(({ why }) => why)).to.include("Error: The infrastructure is not there.");
    expect(after.records.lost).to.equal(0);
    expect(after.errors!.ended.infra).to.be.greaterThan(0);
  });
});
