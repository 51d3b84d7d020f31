import { synthesize } from "../simulator";
import { createWorkload } from "./workloads/create";
import { DEFAULT_SETTINGS, START_AT } from "./workloads/workload";
import { runWorkload } from "./run";
(async () => {
    const d = await synthesize("/work/main", { stack: process.argv[2]! });
    for (let seed = 1; seed < Number(process.argv[4]); seed++) {
      const w = createWorkload(process.argv[3] as never, seed, { ...DEFAULT_SETTINGS, messages: 400 });
      const a = await d.start({ seed, faults: w.faults, startAt: START_AT });
      await runWorkload(a, w, seed);
    }
})();
