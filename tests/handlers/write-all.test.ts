import { expect } from "chai";
import { createWriteAll } from "../../handlers/write-all";

const throttle = (): Error =>
  Object.assign(new Error(), { name: "ProvisionedThroughputExceededException" });

/** Writes that fail as often as said, then pass; `tries` counts. */
function writesFailing(times: readonly number[], error: () => Error = throttle) {
  const tries = times.map(() => 0);
  const writes = times.map((failures, index) => async () => {
    tries[index]! += 1;
    if (tries[index]! <= failures) throw error();
  });
  return { tries, writes };
}

describe("createWriteAll", () => {
  const writeAll = createWriteAll();
  const ample = () => 60_000;

  it("writes each once", async () => {
    const { tries, writes } = writesFailing([0, 0]);
    expect(await writeAll(writes, ample)).to.equal(undefined);
    expect(tries).to.deep.equal([1, 1]);
  });

  it("gives the batch back when every write is throttled, after one round", async () => {
    const { tries, writes } = writesFailing([1, 1, 1]);
    const unwritten = await writeAll(writes, ample);
    expect(unwritten).to.have.property("index", 0);
    expect(unwritten!.cause).to.have.property("name", "ProvisionedThroughputExceededException");
    expect(tries).to.deep.equal([1, 1, 1]);
  });

  it("finishes when some passed, without repeating those", async () => {
    const { tries, writes } = writesFailing([1, 0, 2]);
    expect(await writeAll(writes, ample)).to.equal(undefined);
    expect(tries).to.deep.equal([2, 1, 3]);
  });

  it("names the first that is open when time runs short", async () => {
    const { tries, writes } = writesFailing([0, 1, 1]);
    expect(await writeAll(writes, () => 2_000)).to.have.property("index", 1);
    expect(tries).to.deep.equal([1, 1, 1]);
  });

  it("ends at once at what is no throttling, and names what is open before it", async () => {
    const refused = () => Object.assign(new Error(), { name: "AccessDeniedException" });
    const { writes } = writesFailing([1, 0]);
    const { tries, writes: bad } = writesFailing([9, 0], refused);
    const unwritten = await writeAll([...writes, ...bad], ample);
    expect(unwritten).to.have.property("index", 0);
    expect(unwritten!.cause).to.have.property("name", "AccessDeniedException");
    expect(tries).to.deep.equal([1, 0]);
  });

  it("takes transactions that held each other up for throttled", async () => {
    const { writes } = writesFailing([0, 1], () =>
      Object.assign(new Error(), { code: "CONTENTION" }),
    );
    expect(await writeAll(writes, ample)).to.equal(undefined);
  });
});
