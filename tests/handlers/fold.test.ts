import { expect } from "chai";
import type { Entity } from "../../handlers/entity";
import { foldSteps, type Step } from "../../handlers/fold";
import { invocationWith, scriptedClient, type Answer } from "./scripted-client";

const TABLES = { ledger: "ledger", outbox: "outbox" };

function entity(version: number, valueMinor = 10, group = "a::b::c"): Entity {
  return { version, contentHash: "0", group, valueMinor: String(valueMinor), deleted: false };
}

function item({ version, contentHash, group, valueMinor }: Entity) {
  return {
    version: { N: String(version) },
    contentHash: { S: contentHash },
    group: { S: group },
    valueMinor: { N: valueMinor },
  };
}

async function fold(steps: Record<string, Step>, answers: Answer[] = [], remainingMs = 30_000) {
  const { client, sent } = scriptedClient(answers);
  const run = foldSteps(
    client,
    TABLES,
    new Map(Object.entries(steps)),
    invocationWith(remainingMs),
  );
  const outcome = await run.catch((error: unknown) => error);
  return { outcome, sent };
}

/** The sums of the outbox row in a request. */
const rowOf = (items: readonly { Put?: { Item?: object } }[] = []) =>
  (items.at(-1)?.Put?.Item ?? {}) as { id: { S: string }; d: { M: Record<string, { N: string }> } };

describe("foldSteps", () => {
  it("steps the ledger and puts the difference in one transaction", async () => {
    const { outcome, sent } = await fold({ e1: { base: entity(1, 10), next: entity(2, 25) } });
    expect(outcome).to.equal(1);
    expect(sent).to.have.length(1);
    const items = sent[0]?.TransactItems ?? [];
    expect(items.map(({ Update, Put }) => Update?.TableName ?? Put?.TableName)).to.deep.equal([
      "ledger",
      "outbox",
    ]);
    expect(items[0]?.Update?.ConditionExpression).to.equal("#v = :bv AND #h = :bh");
    expect(rowOf(items).d.M).to.deep.equal({
      a: { N: "15" },
      "a::b": { N: "15" },
      "a::b::c": { N: "15" },
    });
  });

  it("names the row by its steps (again, in another order)", async () => {
    const one = { base: undefined, next: entity(1) };
    const two = { base: entity(3), next: entity(4) };
    const first = await fold({ e1: one, e2: two });
    const second = await fold({ e2: two, e1: one });
    const other = await fold({ e1: one, e2: { base: entity(2), next: entity(4) } });
    const idIn = ({ sent }: typeof first) => rowOf(sent[0]?.TransactItems).id.S;
    expect(idIn(second)).to.equal(idIn(first));
    expect(idIn(other)).to.not.equal(idIn(first));
  });

  it("takes the base that the ledger holds (an older one than the stream said)", async () => {
    const { outcome, sent } = await fold({ e1: { base: entity(2, 20), next: entity(3, 30) } }, [
      [{ Code: "ConditionalCheckFailed", Item: item(entity(1, 10)) }, { Code: "None" }],
    ]);
    expect(outcome).to.equal(1);
    expect(rowOf(sent[1]?.TransactItems).d.M["a"]).to.deep.equal({ N: "20" });
    expect(sent[1]?.ClientRequestToken).to.not.equal(sent[0]?.ClientRequestToken);
  });

  it("drops a step that the ledger has taken or passed, and folds the others", async () => {
    const { outcome, sent } = await fold(
      { e1: { base: undefined, next: entity(1) }, e2: { base: undefined, next: entity(1) } },
      [
        [
          { Code: "ConditionalCheckFailed", Item: item(entity(1)) },
          { Code: "None" },
          { Code: "None" },
        ],
      ],
    );
    expect(outcome).to.equal(1);
    expect(sent[1]?.TransactItems?.map(({ Update }) => Update?.Key?.["id"]?.S)).to.deep.equal([
      "e2",
      undefined,
    ]);
  });

  it("sends nothing more when every step is done (a duplicate chunk)", async () => {
    const { outcome, sent } = await fold({ e1: { base: undefined, next: entity(1) } }, [
      [{ Code: "ConditionalCheckFailed", Item: item(entity(5)) }, { Code: "None" }],
    ]);
    expect(outcome).to.equal(0);
    expect(sent).to.have.length(1);
  });

  it("sends the same request with the same token after a conflict", async () => {
    const { outcome, sent } = await fold({ e1: { base: undefined, next: entity(1) } }, [
      [{ Code: "TransactionConflict" }, { Code: "None" }],
    ]);
    expect(outcome).to.equal(1);
    expect(sent[1]?.ClientRequestToken).to.equal(sent[0]?.ClientRequestToken);
  });

  it("gives up on contention in time (too little left to wait)", async () => {
    const conflict = [{ Code: "TransactionConflict" }, { Code: "None" }];
    const { outcome, sent } = await fold(
      { e1: { base: undefined, next: entity(1) } },
      [conflict],
      400,
    );
    expect(outcome).to.have.property("code", "CONTENTION");
    expect(sent).to.have.length(1);
  });

  it("names the entity that DynamoDB refuses", async () => {
    const { outcome } = await fold(
      { e1: { base: undefined, next: entity(1) }, e2: { base: undefined, next: entity(1) } },
      [[{ Code: "None" }, { Code: "ValidationError" }, { Code: "None" }]],
    );
    expect(outcome).to.include({ code: "ITEM_REJECTED", entityId: "e2" });
  });

  it("fails loudly when only the row exists", async () => {
    const { outcome } = await fold({ e1: { base: undefined, next: entity(1) } }, [
      [{ Code: "None" }, { Code: "ConditionalCheckFailed" }],
    ]);
    expect(outcome).to.have.property("code", "OUTBOX_COLLISION");
  });

  it("keeps each row small enough for Reduce (99 entities in 99 branches)", async () => {
    const steps: Record<string, Step> = {};
    for (let n = 0; n < 99; n += 1) {
      steps[`e${n}`] = { base: undefined, next: entity(1, 1, `l${n}::b::c`) };
    }
    const { outcome, sent } = await fold(steps);
    expect(outcome).to.equal(99);
    for (const { TransactItems } of sent) {
      expect(Object.keys(rowOf(TransactItems).d.M).length).to.be.lessThan(100);
    }
  });
});
