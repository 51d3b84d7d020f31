import { expect } from "chai";
import { createWorkload } from "../../../compare/aggregation/create";
import { DEFAULT_SETTINGS, START_AT_MS } from "../../../compare/workloads";
import type { ProducedRecord } from "../../../compare/aggregation/workload";

const burst = createWorkload("burst", 1, DEFAULT_SETTINGS);
const poison = createWorkload("poison", 1, DEFAULT_SETTINGS);

/** Records that are no copy of an earlier one. */
function originals(records: readonly ProducedRecord[]): ProducedRecord[] {
  const seen = new Set<string>();
  return records.filter(({ data }) => !seen.has(data) && seen.add(data));
}

describe("workload burst", () => {
  it("puts 10,000 records in 250 puts of 40, spread over ten seconds", () => {
    expect(burst.records).to.have.length(10_000);
    expect(burst.puts).to.have.length(250);
    expect(new Set(burst.puts.map(({ records }) => records.length))).to.deep.equal(new Set([40]));
    expect(burst.puts.at(-1)!.atMs - burst.puts[0]!.atMs).to.equal(249 * 40);
    expect(burst.puts.flatMap(({ records }) => records)).to.deep.equal(burst.records);
    expect(burst.records.every(({ index }, at) => index === at)).to.equal(true);
  });

  it("holds five copies of earlier messages a put, with their partition key", () => {
    const first = new Map<string, ProducedRecord>();
    for (const { records } of burst.puts) {
      let copies = 0;
      for (const record of records) {
        const original = first.get(record.data);
        if (original === undefined) first.set(record.data, record);
        else copies += 1;
        expect(record.partitionKey).to.equal((original ?? record).partitionKey);
      }
      expect(copies).to.equal(5);
    }
  });

  it("modifies earlier messages with 3 %, and sends 0.5 % late and 0.5 % with a used version", () => {
    const newest = new Map<string, number>();
    const counts = { first: 0, higher: 0, late: 0, tied: 0 };
    for (const { message } of originals(burst.records)) {
      const { id, version } = message!;
      const held = newest.get(id);
      if (held === undefined) counts.first += 1;
      else if (version > held) counts.higher += 1;
      else if (version < held) counts.late += 1;
      else counts.tied += 1;
      newest.set(id, Math.max(held ?? 0, version));
    }
    expect(counts).to.deep.equal({ first: 8_350, higher: 300, late: 50, tied: 50 });
  });

  it("never gives the same version of an entity the same value twice (except in copies)", () => {
    const seen = new Set<string>();
    for (const { message } of originals(burst.records)) {
      const key = `${message!.id} ${message!.version} ${message!.valueMinor}`;
      expect(seen.has(key)).to.equal(false);
      seen.add(key);
    }
  });

  it("spreads values over a tree of 2 + 4 + 12 nodes", () => {
    const levels = [1, 2, 3].map(
      (level) =>
        new Set(burst.records.map(({ message }) => message!.hierarchy.slice(0, level).join("::")))
          .size,
    );
    expect(levels).to.deep.equal([2, 4, 12]);
  });

  it("fails 5, 10 and 10 % of invocations until thirty seconds after the last put", () => {
    const until = START_AT_MS + burst.puts.at(-1)!.atMs + 30_000;
    expect(burst.faults).to.deep.equal([
      { function: "aggregation-state", kind: "before-effect", probability: 0.05, until },
      { function: "aggregation-map", kind: "after-commit", probability: 0.1, until },
      { function: "aggregation-reduce", kind: "after-commit", probability: 0.1, until },
    ]);
    expect(START_AT_MS + burst.deadlineMs).to.equal(until);
  });

  it("leaves out failures of no percent", () => {
    const failPercent = { ...DEFAULT_SETTINGS.failPercent, state: 0, map: 0, reduce: 2.5 };
    const settings = { ...DEFAULT_SETTINGS, failPercent };
    const { faults } = createWorkload("burst", 1, settings);
    expect(faults.map(({ probability }) => probability)).to.deep.equal([0.025]);
  });

  it("depends on seed and settings alone", () => {
    expect(createWorkload("burst", 1, DEFAULT_SETTINGS)).to.deep.equal(burst);
    const other = createWorkload("burst", 2, DEFAULT_SETTINGS);
    expect(other.records[0]!.data).not.to.equal(burst.records[0]!.data);
  });

  it("fits small sizes (400 and 100 records), spread over ten seconds", () => {
    const small = createWorkload("burst", 3, { ...DEFAULT_SETTINGS, messages: 400 });
    expect(small.puts.map(({ atMs }) => atMs)).to.deep.equal(
      Array.from({ length: 10 }, (_, put) => 1_000 + put * 1_000),
    );
    expect(originals(small.records)).to.have.length(350);
    const odd = createWorkload("burst", 3, { ...DEFAULT_SETTINGS, messages: 100 });
    expect(odd.puts.map(({ records }) => records.length)).to.deep.equal([40, 40, 20]);
    expect(originals(odd.records)).to.have.length(100 - 5 - 5 - 2);
  });
});

describe("workload poison", () => {
  const undecodable = poison.records.filter(({ message }) => message === undefined);

  it("holds three records that lack a field, once each", () => {
    expect(undecodable).to.have.length(3);
    for (const { data } of undecodable) {
      expect(Object.keys(JSON.parse(data) as object)).to.deep.equal([
        ...["id", "hierarchy", "revision", "valueMinor", "producedAt"],
      ]);
      expect(poison.records.filter((record) => record.data === data)).to.have.length(1);
    }
  });

  it("never refers to an entity that it could not send", () => {
    const lost = undecodable.map(({ data }) => /"id":"([^"]+)"/.exec(data)![1]);
    const sent = new Set(poison.records.map(({ message }) => message?.id));
    expect(lost.filter((id) => sent.has(id))).to.deep.equal([]);
  });

  it("refuses the writes of three entities of one version four times, without an end", () => {
    const refused = poison.faults.filter(({ kind }) => kind === "poison");
    expect(refused).to.have.length(3);
    for (const { match, until } of refused) {
      expect(match!.times).to.equal(4);
      expect(until).to.equal(undefined);
      const versions = poison.records
        .filter(({ message }) => message?.id === match!.keys[0])
        .map(({ message }) => message!.version);
      expect(new Set(versions)).to.deep.equal(new Set([1]));
    }
  });

  it("follows the settings (none undecodable, never refused)", () => {
    const settings = { ...DEFAULT_SETTINGS, poisonRecords: 0, poisonAttempts: 0 };
    const { faults, records } = createWorkload("poison", 1, settings);
    expect(records.filter(({ message }) => message === undefined)).to.deep.equal([]);
    expect(faults.filter(({ kind }) => kind === "poison")).to.deep.equal([]);
  });

  it("fits small sizes", () => {
    const { records, faults } = createWorkload("poison", 5, { ...DEFAULT_SETTINGS, messages: 120 });
    expect(records).to.have.length(120);
    expect(records.filter(({ message }) => message === undefined)).to.have.length(3);
    expect(faults.filter(({ kind }) => kind === "poison")).to.have.length(3);
  });
});
