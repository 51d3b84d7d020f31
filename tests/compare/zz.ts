import { synthesize } from "../../simulator";
(async () => {
  let first: string[] | undefined;
  for (let k = 0; k < 8; k++) {
    const d = await synthesize("/work/main", { stack: "dev", config: {"redrive:idempotency": k % 4 === 3 ? "ledger": "batch-hash"} });
    if (k % 4 === 3) continue;
    const r = d.synthesis.resources.map((x) => JSON.stringify(x));
    first ??= r;
    const i = r.findIndex((x, j) => x !== first![j]);
    if (i >= 0) { console.log(k, "differs at", i, d.synthesis.resources[i]!.name); const a = first[i]!, b = r[i]!; let p = 0; while (a[p] === b[p]) p++; console.log(a.slice(p-200, p+150)); console.log(b.slice(p-200, p+150)); console.log([...r].sort().join() === [...first].sort().join() ? "only order" : "content"); } else console.log(k, "same", r.length);
  }
})();
