import { expect } from "chai";
import type { Life } from "../../../compare/commands/explain/life";
import { livesOf, type RunToExplain } from "../../../compare/commands/explain/lives";
import { DEFAULT_SETTINGS } from "../../../compare/workloads";
import { synthesize, type Deployment } from "../../../simulator";
import { PROJECT } from "../../support/trial";

const SETTINGS = { ...DEFAULT_SETTINGS, trips: 400, things: 60 };

async function lives(
  deployment: Deployment,
  workload: RunToExplain["workload"],
  record: string,
  settings = SETTINGS,
): Promise<readonly Life[]> {
  const asked = { workload, seed: 1, assumptions: {}, settings };
  return (await livesOf(deployment, asked, record)).lives;
}

const deployed = (stack: string, system: string): Promise<Deployment> =>
  synthesize(PROJECT, { stack, config: { "redrive:systems": [system] } });

const of = ({ steps }: Life, stage: string): string[] =>
  steps.filter((step) => step.stage === stage).map(({ text }) => text);

async function refusal(told: Promise<unknown>): Promise<string> {
  return told.then(
    () => "It was not refused.",
    (cause: unknown) => (cause as Error).message,
  );
}

describe("explain: a trip", function () {
  this.timeout(120_000);
  let exact: Deployment;
  let tumbling: Deployment;

  before(async () => {
    exact = await deployed("windows-exact", "windows");
    tumbling = await deployed("windows-tumbling", "windows");
  });

  it("is delivered, carried in its window's state, and lost with it (tumbling)", async () => {
    const [life] = await lives(tumbling, "trips", "lost");
    const steps = of(life!, "consumer");
    expect(steps[0]).to.match(/^delivered .*, window 2026-01-01T00:..:00Z, attempt 1: ok$/);
    expect(steps.at(-2)).to.match(
      /^window .*: last invocation, attempt 3: error .* → given up: RetryAttemptsExhausted/,
    );
    expect(steps.at(-1)).to.match(/its sums are gone with the state: RetryAttemptsExhausted$/);
    expect(life!.end).to.deep.equal([
      "It is lost: it does not count, and nothing keeps it.",
      "The trip counts 0 times.",
    ]);
  });

  it("counts with each of its rows (tumbling), or with the first (exact)", async () => {
    const [first, copy] = await lives(tumbling, "trips", "duplicated");
    expect(first!.end.at(-1)).to.equal("The trip counts 2 times; once would be right.");
    expect(of(copy!, "consumer").at(-1)).to.match(/^it counts for vendor . in window 2026/);
    const rows = await lives(exact, "trips", "superseded");
    expect(rows.map(({ end }) => end)).to.deep.equal([
      ["It is processed.", "The trip counts once."],
      ["It is a copy: the row that was sent first stands for the trip.", "The trip counts once."],
    ]);
  });

  it("is found by its id, and an unclean row by its position", async () => {
    const [trip] = await lives(exact, "trips", "trip-0000010");
    expect(trip!.about[0]).to.match(/^Trip trip-0000010 of vendor ., picked up at 2026-01-01T/);
    const [unclean] = await lives(exact, "trips", "unclean");
    expect(unclean!.end.at(-1)).to.equal("The row is counted as dropped once.");
  });

  it("is refused if there is none, with what there is", async () => {
    const message = await refusal(lives(exact, "trips", "trip-x"));
    expect(message).to.match(/^--record trip-x: no such trip in this run\. There are:\n {2}dead-/);
  });
});

describe("explain: a row of the error lab", function () {
  this.timeout(120_000);
  let errorlab: Deployment;

  before(async () => {
    errorlab = await deployed("errorlab", "errorlab");
  });

  it("ends in a queue, whole, by its consumer", async () => {
    const [life] = await lives(errorlab, "errors", "bad-format");
    expect(life!.about[0]).to.match(/^thing_id aa-badformat: /);
    expect(of(life!, "consumer").at(-1)).to.match(/^it is put aside: bad-format/);
    expect(life!.end[0]).to.equal("It is in DLQ, where it belongs: nothing can parse it.");
    expect(life!.end[1]).to.match(
      /^A message in DLQ holds it, whole: bad-format, from the consumer/,
    );
  });

  it("shows what each delivery did to it, and which effects it had", async () => {
    const [life] = await lives(errorlab, "errors", "duplicated");
    const deliveries = life!.steps.filter(({ batch }) => batch !== undefined);
    expect(deliveries.length).to.be.above(1);
    expect(life!.end.at(-1)).to.match(/^It had \d effects; one would be right\.$/);
  });

  it("is given up by its mapping in bad company", async () => {
    const settings = { ...SETTINGS, things: 100 };
    const [life] = await lives(errorlab, "errors", "given-up", settings);
    expect(of(life!, "consumer").at(-1)).to.match(/→ given up: RetryAttemptsExhausted/);
    expect(life!.end).to.include(
      "A message in DLQ holds it, whole: given-up, from its mapping's dead letter, the record fetched.",
    );
  });

  it("is found by its row_id, and refused if there is none", async () => {
    const [life] = await lives(errorlab, "errors", "row-000007");
    expect(life!.name).to.equal("row-000007");
    const message = await refusal(lives(errorlab, "errors", "row-7"));
    expect(message).to.match(/^--record row-7: no such row in this run\. There are:\n {2}done: /);
  });
});
