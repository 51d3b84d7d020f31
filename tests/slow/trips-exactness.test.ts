import { expect } from "chai";
import { synthesize } from "../../simulator";
import { PROJECT } from "../support/trial";
import { smallTrips, tripTrial, type TripTrial } from "../support/trip-trial";

/** No failure in n runs bounds a run's chance of failing by 3/n, with 95 % confidence. */
const SEEDS = 200;

/** Of one seed only: `ONLY_SEED=17`. */
const { ONLY_SEED } = process.env;
const SEEDS_TRIED = ONLY_SEED
  ? [Number(ONLY_SEED)]
  : Array.from({ length: SEEDS }, (_, at) => at + 1);

/** What must hold and does not; none if all does. */
function violations({ result }: TripTrial): string[] {
  const { consistent, exact, records, trips } = result;
  const { deadLettered, lost, pending, processed, produced, superseded } = records;
  const all = deadLettered.good + deadLettered.bad + lost + pending + processed + superseded;
  return [
    exact ? "" : `${trips!.rows.exact} of ${trips!.rows.all} rows are right`,
    consistent ? "" : `${records.duplicated} counted twice`,
    lost + pending + deadLettered.good === 0 ? "" : "trips are missing",
    trips!.otherWindow === 0 ? "" : `${trips!.otherWindow} in another window`,
    all === produced ? "" : `${produced} produced, but ${all} accounted for`,
  ].filter((violation) => violation !== "");
}

describe("trips in the exact mode, under all that the comparison does to them", function () {
  this.timeout(600_000);

  it(`count exactly once, at all of ${SEEDS_TRIED.length} seeds`, async () => {
    const config = { "redrive:systems": ["windows"] };
    const deployment = await synthesize(PROJECT, { stack: "windows-exact", config });
    const failures: string[] = [];
    for (const seed of SEEDS_TRIED) {
      let found: string[];
      try {
        const workload = smallTrips(seed, { resendPercent: 3, failConsumerPercent: 15 });
        found = violations(await tripTrial(deployment, seed, workload));
      } catch (cause) {
        found = [(cause as Error).message];
      }
      if (found.length === 0) continue;
      const again = `ONLY_SEED=${seed} npx mocha tests/slow/trips-exactness.test.ts`;
      failures.push(`${found.join(", ")}: ${again}`);
    }
    expect(failures.join("\n")).to.equal("");
  });
});
