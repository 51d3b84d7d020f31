import { expect } from "chai";
import fc from "fast-check";
import { thrown, validationOf, World, type Answer } from "./world";

const put = (id: string, more: object = {}) => ({
  Put: { TableName: "items", Item: { id: { S: id } }, ...more },
});
const add = (id: string, by = 1, more: object = {}) => ({
  Update: {
    TableName: "items",
    Key: { id: { S: id } },
    UpdateExpression: "ADD n :by",
    ExpressionAttributeValues: { ":by": { N: String(by) } },
    ...more,
  },
});
const check = (id: string, ConditionExpression: string) => ({
  ConditionCheck: { TableName: "items", Key: { id: { S: id } }, ConditionExpression },
});
const remove = (id: string) => ({ Delete: { TableName: "items", Key: { id: { S: id } } } });

const failure = (promise: Promise<Answer>) =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (cause: Error & { members: { CancellationReasons: unknown } }) => cause,
  );

describe("DynamoDB transactions", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.table();
  });
  const transact = (...TransactItems: object[]) =>
    world.call("TransactWriteItems", { TransactItems });

  it("make all changes at one instant", () => {
    world.put({ id: { S: "old" } });
    transact(put("a"), add("b", 5), remove("old"), check("c", "attribute_not_exists(id)"));
    expect([world.get("a"), world.get("b"), world.get("old"), world.get("c")]).to.deep.equal([
      { id: { S: "a" } },
      { id: { S: "b" }, n: { N: "5" } },
      undefined,
      undefined,
    ]);
    expect(world.changed().map(({ operation }) => operation)).to.deep.equal([
      "PutItem",
      "TransactWriteItems",
      "TransactWriteItems",
      "TransactWriteItems",
    ]);
  });

  it("are cancelled with a reason for each action", () => {
    world.put({ id: { S: "a" }, s: { S: "x" } });
    const cause = thrown(() =>
      transact(
        put("a", {
          ConditionExpression: "attribute_not_exists(id)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
        add("b"),
        check("c", "attribute_exists(id)"),
        {
          Update: {
            TableName: "items",
            Key: { id: { S: "d" } },
            UpdateExpression: "SET x = y",
          },
        },
      ),
    );
    expect(cause.name).to.equal("TransactionCanceledException");
    expect(cause.message).to.equal(
      "Transaction cancelled, please refer cancellation reasons for specific reasons " +
        "[ConditionalCheckFailed, None, ConditionalCheckFailed, ValidationError]",
    );
    expect(cause.members).to.deep.equal({
      CancellationReasons: [
        {
          Code: "ConditionalCheckFailed",
          Message: "The conditional request failed",
          Item: { id: { S: "a" }, s: { S: "x" } },
        },
        { Code: "None" },
        { Code: "ConditionalCheckFailed", Message: "The conditional request failed" },
        {
          Code: "ValidationError",
          Message: "The provided expression refers to an attribute that does not exist in the item",
        },
      ],
    });
    expect(world.get("b")).to.equal(undefined);
  });

  it("are refused with two actions on one item, or too many", () => {
    expect(validationOf(() => transact(put("a"), check("a", "attribute_exists(id)")))).to.equal(
      "Transaction request cannot include multiple operations on one item",
    );
    expect(validationOf(() => transact({ ...put("a"), ...remove("b") }))).to.equal(
      "TransactItems can only contain one of Check, Put, Update or Delete",
    );
    const many = Array.from({ length: 101 }, (_, n) => put(String(n)));
    expect(validationOf(() => transact(...many))).to.contain(
      "failed to satisfy constraint: Member must have length less than or equal to 100",
    );
    transact(...many.slice(1));
  });

  it("hold their items until they take effect", async () => {
    const first = world.later("TransactWriteItems", { TransactItems: [add("a"), add("b")] });
    expect(thrown(() => world.put({ id: { S: "a" } }))).to.include({
      name: "TransactionConflictException",
      message: "Transaction is ongoing for the item",
    });
    expect(world.get("a"), "a plain read").to.equal(undefined);
    const second = failure(
      world.later("TransactWriteItems", {
        TransactItems: [check("c", "attribute_exists(id)"), add("d"), add("b")],
      }),
    );
    const { message, members } = await second;
    expect(message).to.equal(
      "Transaction cancelled, please refer cancellation reasons for specific reasons " +
        "[ConditionalCheckFailed, None, TransactionConflict]",
    );
    expect((members.CancellationReasons as object[])[2]).to.deep.equal({
      Code: "TransactionConflict",
      Message: "Transaction is ongoing for the item",
    });
    const read = { TransactItems: [{ Get: { TableName: "items", Key: { id: { S: "a" } } } }] };
    expect(thrown(() => world.call("TransactGetItems", read)).message).to.contain(
      "[TransactionConflict]",
    );
    const batch = { RequestItems: { items: [{ DeleteRequest: { Key: { id: { S: "a" } } } }] } };
    expect(world.call("BatchWriteItem", batch)).to.deep.equal({
      UnprocessedItems: batch.RequestItems,
    });
    await world.pass(4);
    await first;
    world.put({ id: { S: "a" } });
    expect(world.call("TransactGetItems", read)).to.deep.equal({
      Responses: [{ Item: { id: { S: "a" } } }],
    });
    expect(world.get("d")).to.equal(undefined);
  });

  it("let go of their items if they never take effect", async () => {
    const { begin } = world.dynamodb.operations["TransactWriteItems"]!;
    begin!({ TransactItems: [add("a")] } as never, {} as never);
    thrown(() => world.put({ id: { S: "a" } }));
    await world.pass(5);
    world.put({ id: { S: "a" } });
  });

  describe("with a client request token", () => {
    const input = (by = 1) => ({ ClientRequestToken: "token", TransactItems: [add("a", by)] });

    it("take effect once in ten minutes from the first completion", async () => {
      world.call("TransactWriteItems", input());
      await world.pass(300_000);
      world.call("TransactWriteItems", input());
      expect(world.get("a")!["n"]).to.deep.equal({ N: "1" });
      await world.pass(300_000);
      world.call("TransactWriteItems", input());
      expect(world.get("a")!["n"]).to.deep.equal({ N: "1" });
      await world.pass(1);
      world.call("TransactWriteItems", input());
      expect(world.get("a")!["n"]).to.deep.equal({ N: "2" });
    });

    it("are the same in whatever order their parameters come", () => {
      world.call("TransactWriteItems", input());
      const { Update } = add("a");
      const turned = Object.fromEntries(Object.entries(Update).reverse());
      world.call("TransactWriteItems", {
        TransactItems: [{ Update: turned }],
        ClientRequestToken: "token",
      });
      expect(world.get("a")!["n"]).to.deep.equal({ N: "1" });
    });

    it("are refused with other content", () => {
      world.call("TransactWriteItems", input());
      expect(thrown(() => world.call("TransactWriteItems", input(2))).name).to.equal(
        "IdempotentParameterMismatchException",
      );
    });

    it("are refused while the first is in progress", async () => {
      const first = world.later("TransactWriteItems", input());
      expect((await failure(world.later("TransactWriteItems", input()))).name).to.equal(
        "TransactionInProgressException",
      );
      await world.pass(4);
      await first;
    });

    it("may be tried again after a cancellation", () => {
      const guarded = (n: number) => ({
        ClientRequestToken: "token",
        TransactItems: [check("b", "attribute_exists(id)"), add("a", n)],
      });
      thrown(() => world.call("TransactWriteItems", guarded(1)));
      world.put({ id: { S: "b" } });
      world.call("TransactWriteItems", guarded(1));
      expect(world.get("a")!["n"]).to.deep.equal({ N: "1" });
    });
  });

  it("cost double, cancelled ones too", () => {
    const TransactItems = [put("a"), check("b", "attribute_not_exists(id)")];
    expect(
      world.call("TransactWriteItems", { TransactItems, ReturnConsumedCapacity: "TOTAL" }),
    ).to.deep.equal({ ConsumedCapacity: [{ TableName: "items", CapacityUnits: 4 }] });
    thrown(() => transact(check("a", "attribute_not_exists(id)")));
    expect(world.usage.snapshot()).to.deep.equal({ "dynamodb.writeUnits": 6 });
  });

  it("keep every sum over random transfers (law: all or nothing)", () => {
    const transfer = fc.record({
      from: fc.integer({ min: 0, max: 4 }),
      to: fc.integer({ min: 0, max: 4 }),
      amount: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(transfer, { maxLength: 30 }), (transfers) => {
        const bank = new World();
        bank.table();
        for (let n = 0; n < 5; n++) bank.put({ id: { S: `${n}` }, n: { N: "50" } });
        for (const { from, to, amount } of transfers) {
          const guard = {
            ConditionExpression: "n >= :least",
            ExpressionAttributeValues: {
              ":by": { N: String(-amount) },
              ":least": { N: String(amount) },
            },
          };
          const TransactItems = [add(`${from}`, -amount, guard), add(`${to}`, amount)];
          try {
            bank.call("TransactWriteItems", { TransactItems });
          } catch (cause) {
            expect((cause as Error).name).to.be.oneOf([
              "TransactionCanceledException",
              "ValidationException",
            ]);
          }
        }
        const left = [0, 1, 2, 3, 4].map((n) => Number(bank.get(`${n}`)!["n"]!.N));
        expect(left.reduce((sum, n) => sum + n, 0)).to.equal(250);
        expect(Math.min(...left)).to.be.at.least(0);
      }),
    );
  });
});
