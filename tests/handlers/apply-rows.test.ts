import { expect } from "chai";
import { applyRows, chunksOfRows } from "../../handlers/apply-rows";
import { decodeRow, encodeDelta, type OutboxRow } from "../../handlers/outbox";
import { invocationWith, scriptedClient } from "./scripted-client";

const TARGET = { outbox: "outbox", aggregates: "aggregates", lanes: 1, outboxRetentionS: 60 };
const GROUPS = Array.from({ length: 19 }, (_, n) => `g${n}`);

function row(id: string, groups: readonly string[] = GROUPS, value = 1n): OutboxRow {
  return { id, delta: new Map(groups.map((group) => [group, value])) };
}

describe("chunksOfRows", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, n) => row(`r${n}`));
  const sizes = (count: number) => chunksOfRows(rows(count)).map((chunk) => chunk.length);

  it("fills a transaction of 100 (81 rows of 19 groups)", () => {
    expect(sizes(81)).to.deep.equal([81]);
    expect(sizes(82)).to.deep.equal([81, 1]);
  });

  it("keeps the order and loses nothing", () => {
    expect(
      chunksOfRows(rows(200))
        .flat()
        .map(({ id }) => id),
    ).to.deep.equal(rows(200).map(({ id }) => id));
  });

  it("takes a row once that comes twice", () => {
    expect(chunksOfRows([row("r1"), row("r1")])).to.deep.equal([[row("r1")]]);
  });

  it("takes a row alone that fills a transaction by itself", () => {
    const wide = Array.from({ length: 99 }, (_, n) => `w${n}`);
    expect(chunksOfRows([row("r1", wide), row("r2", wide)])).to.deep.equal([
      [row("r1", wide)],
      [row("r2", wide)],
    ]);
  });
});

describe("applyRows", () => {
  it("claims the rows and adds their sums in one transaction", async () => {
    const { client, sent } = scriptedClient([]);
    const rows = [row("r1", ["a", "b"], 5n), row("r2", ["a", "b"], -5n), row("r3", ["a"], 2n)];
    expect(await applyRows(client, TARGET, rows, 3, invocationWith(30_000))).to.equal(3);
    expect(sent).to.have.length(1);
    expect(
      sent[0]?.TransactItems?.map(({ Update }) => [Update?.TableName, Update?.Key?.["id"]?.S]),
    ).to.deep.equal([
      ["outbox", "r1"],
      ["outbox", "r2"],
      ["outbox", "r3"],
      ["aggregates", "a#3"],
    ]);
    expect(sent[0]?.TransactItems?.[3]?.Update?.ExpressionAttributeValues).to.deep.equal({
      ":v": { N: "2" },
    });
  });

  it("leaves out rows that are claimed already, and adds the others", async () => {
    const { client, sent } = scriptedClient([
      [{ Code: "ConditionalCheckFailed" }, { Code: "None" }, { Code: "None" }],
    ]);
    const rows = [row("r1", ["a"], 5n), row("r2", ["a"], 7n)];
    expect(await applyRows(client, TARGET, rows, 0, invocationWith(30_000))).to.equal(1);
    expect(sent[1]?.TransactItems?.map(({ Update }) => Update?.Key?.["id"]?.S)).to.deep.equal([
      "r2",
      "a#0",
    ]);
    expect(sent[1]?.ClientRequestToken).to.not.equal(sent[0]?.ClientRequestToken);
  });

  it("throws what it does not understand on to the mapping", async () => {
    const { client } = scriptedClient([new Error("AccessDeniedException")]);
    const outcome = await applyRows(client, TARGET, [row("r1")], 0, invocationWith(30_000)).catch(
      (error: Error) => error.message,
    );
    expect(outcome).to.equal("AccessDeniedException");
  });
});

describe("An outbox row", () => {
  it("comes back as it was put, without groups that do not change", () => {
    const d = encodeDelta(
      new Map([
        ["a", 2n ** 70n],
        ["b", 0n],
      ]),
    );
    expect(decodeRow({ id: { S: "r1" }, d })).to.deep.equal({
      id: "r1",
      delta: new Map([["a", 2n ** 70n]]),
    });
  });

  it("is refused without sums, or with a fraction", () => {
    const fraction = { id: { S: "r1" }, d: { M: { a: { N: "1.5" } } } };
    expect(() => decodeRow({ id: { S: "r1" } })).to.throw("lacks its id or its sums");
    expect(() => decodeRow(fraction))
      .to.throw()
      .with.property("code", "UNDECODABLE_ROW");
  });
});
