import { expect } from "chai";
import fc from "fast-check";
import type { Item } from "../../../simulator/services/dynamodb/service";
import { validationOf, World } from "./world";

const TABLE = {
  hashKey: "pk",
  rangeKey: "sk",
  attributes: [
    { name: "pk", type: "S" },
    { name: "sk", type: "N" },
    { name: "kind", type: "S" },
  ],
  globalSecondaryIndexes: [
    { name: "by-kind", hashKey: "kind", rangeKey: "sk", projectionType: "ALL" },
    {
      name: "few",
      hashKey: "kind",
      projectionType: "INCLUDE",
      nonKeyAttributes: ["a"],
    },
  ],
  localSecondaryIndexes: [{ name: "local", rangeKey: "kind", projectionType: "KEYS_ONLY" }],
};

const item = (pk: string, sk: number, more: Item = {}): Item => ({
  pk: { S: pk },
  sk: { N: String(sk) },
  ...more,
});
const numbers = (items: readonly Item[] | undefined) => items!.map(({ sk }) => Number(sk!.N));

describe("DynamoDB Query and Scan", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.table(TABLE);
    for (const sk of [10, 9, -1, 2.5, 100])
      world.put(item("p", sk, { even: { BOOL: sk % 2 === 0 } }));
    world.put(item("q", 1, { kind: { S: "k" }, a: { N: "1" }, b: { N: "2" } }));
    world.put(item("r", 0, { kind: { S: "k" }, a: { N: "1" } }));
  });

  const query = (condition: string, values: Record<string, number | string>, more: object = {}) =>
    world.call("Query", {
      TableName: "items",
      KeyConditionExpression: condition,
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          typeof value === "number" ? { N: String(value) } : { S: value },
        ]),
      ),
      ...more,
    });

  const ranges: [condition: string, values: Record<string, number>, expected: number[]][] = [
    ["pk = :p", {}, [-1, 2.5, 9, 10, 100]],
    ["pk = :p AND sk = :a", { ":a": 9 }, [9]],
    ["pk = :p AND sk < :a", { ":a": 9 }, [-1, 2.5]],
    ["pk = :p AND sk <= :a", { ":a": 9 }, [-1, 2.5, 9]],
    ["sk > :a AND pk = :p", { ":a": 9 }, [10, 100]],
    ["pk = :p AND :a <= sk", { ":a": 9 }, [9, 10, 100]],
    ["(pk = :p) AND (sk BETWEEN :a AND :b)", { ":a": 2, ":b": 10 }, [2.5, 9, 10]],
  ];
  for (const [condition, values, expected] of ranges) {
    it(`${condition} answers in the order of the range key, both ways`, () => {
      const all = { ":p": "p", ...values };
      expect(numbers(query(condition, all).Items)).to.deep.equal(expected);
      const backward = query(condition, all, { ScanIndexForward: false });
      expect(numbers(backward.Items)).to.deep.equal([...expected].reverse());
    });
  }

  it("page by limit, filter after counting", () => {
    const even = { FilterExpression: "even = :t", Limit: 2 };
    const values = { ":p": { S: "p" }, ":t": { BOOL: true } };
    const first = query("pk = :p", {}, { ...even, ExpressionAttributeValues: values });
    expect(first).to.deep.include({
      Items: [],
      Count: 0,
      ScannedCount: 2,
      LastEvaluatedKey: item("p", 2.5),
    });
    const next = query(
      "pk = :p",
      {},
      {
        ...even,
        ExpressionAttributeValues: values,
        ExclusiveStartKey: first.LastEvaluatedKey,
      },
    );
    expect(numbers(next.Items)).to.deep.equal([10]);
    const exact = query("pk = :p", { ":p": "p" }, { Limit: 5 });
    expect(exact.LastEvaluatedKey, "at the limit there may be more").to.deep.equal(item("p", 100));
    expect(query("pk = :p", { ":p": "p" }, { Select: "COUNT" })).to.deep.equal({
      Count: 5,
      ScannedCount: 5,
    });
  });

  it("end a page after 1 MB", () => {
    for (let sk = 0; sk < 5; sk++) world.put(item("big", sk, { x: { S: "x".repeat(300_000) } }));
    const first = query("pk = :p", { ":p": "big" });
    expect(numbers(first.Items)).to.deep.equal([0, 1, 2, 3]);
    const second = query("pk = :p", { ":p": "big" }, { ExclusiveStartKey: first.LastEvaluatedKey });
    expect(numbers(second.Items)).to.deep.equal([4]);
    expect(second).not.to.have.property("LastEvaluatedKey");
  });

  it("read a sparse index, its projection and its keys", () => {
    const kind = { ":k": "k" };
    expect(numbers(query("kind = :k", kind, { IndexName: "by-kind" }).Items)).to.deep.equal([0, 1]);
    const few = query("kind = :k", kind, { IndexName: "few", Limit: 1 });
    expect(few.Items).to.deep.equal([item("q", 1, { kind: { S: "k" }, a: { N: "1" } })]);
    expect(few.LastEvaluatedKey).to.deep.equal(item("q", 1, { kind: { S: "k" } }));
    const local = query("pk = :p", { ":p": "q" }, { IndexName: "local" });
    expect(local.Items).to.deep.equal([item("q", 1, { kind: { S: "k" } })]);
    const fetched = query(
      "pk = :p",
      { ":p": "q" },
      {
        IndexName: "local",
        ProjectionExpression: "b",
      },
    );
    expect(fetched.Items).to.deep.equal([{ b: { N: "2" } }]);
    world.call("DeleteItem", { TableName: "items", Key: item("q", 1) });
    world.put(item("r", 0, { kind: { S: "other" } }));
    expect(query("kind = :k", kind, { IndexName: "by-kind" }).Count).to.equal(0);
  });

  const refused: [
    what: string,
    condition: string,
    values: object,
    more: object,
    message: string,
  ][] = [
    ["no hash key", "sk = :a", { ":a": 1 }, {}, "Query condition missed key schema element: pk"],
    ["a range for the hash key", "pk > :p", { ":p": "p" }, {}, "Query key condition not supported"],
    [
      "another attribute",
      "pk = :p AND even = :a",
      { ":p": "p", ":a": 1 },
      {},
      "Query condition missed key schema element: sk",
    ],
    [
      "OR",
      "pk = :p OR sk = :a",
      { ":p": "p", ":a": 1 },
      {},
      "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: OR",
    ],
    [
      "a value of another type",
      "pk = :p",
      { ":p": 1 },
      {},
      "One or more parameter values were invalid: Condition parameter type does not match schema type",
    ],
    [
      "an unknown index",
      "pk = :p",
      { ":p": "p" },
      { IndexName: "none-such" },
      "The table does not have the specified index: none-such",
    ],
    [
      "a consistent read of a global index",
      "kind = :p",
      { ":p": "p" },
      { IndexName: "by-kind", ConsistentRead: true },
      "Consistent reads are not supported on global secondary indexes",
    ],
    [
      "a filter on the key",
      "pk = :p",
      { ":p": "p" },
      { FilterExpression: "sk <> :p" },
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ],
    [
      "what a global index does not hold",
      "kind = :p",
      { ":p": "p" },
      { IndexName: "few", ProjectionExpression: "b" },
      "One or more parameter values were invalid: Global secondary index few does not project [b]",
    ],
    [
      "a start elsewhere",
      "pk = :p",
      { ":p": "p" },
      { ExclusiveStartKey: item("q", 1) },
      "The provided starting key is outside query boundaries based on provided conditions",
    ],
    [
      "a start that is no key",
      "pk = :p",
      { ":p": "p" },
      { ExclusiveStartKey: { pk: { S: "p" } } },
      "The provided starting key is invalid",
    ],
  ];
  for (const [what, condition, values, more, message] of refused) {
    it(`refuse ${what}`, () => {
      const call = () => query(condition, values as Record<string, number | string>, more);
      expect(validationOf(call)).to.equal(message);
    });
  }

  it("refuse index keys of another type", () => {
    expect(validationOf(() => world.put(item("x", 1, { kind: { N: "1" } })))).to.equal(
      "One or more parameter values were invalid: Type mismatch for Index Key kind Expected: S Actual: N IndexName: by-kind",
    );
    expect(validationOf(() => world.put(item("x", 1, { kind: { S: "" } })))).to.equal(
      "One or more parameter values are not valid. A value specified for a secondary index key is not " +
        "supported. The AttributeValue for a key attribute cannot contain an empty string value. " +
        "IndexName: by-kind, IndexKey: kind",
    );
  });

  it("count what indexes cost to write", () => {
    const cost = (value: Item) =>
      world.call("PutItem", { TableName: "items", Item: value, ReturnConsumedCapacity: "TOTAL" })
        .ConsumedCapacity!.CapacityUnits;
    expect(cost(item("n", 1)), "in no index").to.equal(1);
    expect(cost(item("n", 1, { kind: { S: "k" } })), "into three").to.equal(4);
    expect(cost(item("n", 1, { kind: { S: "k" }, b: { N: "1" } })), "one projects b").to.equal(2);
    expect(cost(item("n", 1, { kind: { S: "l" }, b: { N: "1" } })), "moved in three").to.equal(7);
  });

  it("visit every item once in a scan (law: whatever the pages and segments)", () => {
    const key = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 5 }));
    const input = fc.record({
      keys: fc.uniqueArray(key, { maxLength: 60, selector: String }),
      limit: fc.integer({ min: 1, max: 7 }),
      segments: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(input, ({ keys, limit, segments }) => {
        const scanned = new World();
        scanned.table(TABLE);
        for (const [pk, sk] of keys) scanned.put(item(`${pk}`, sk));
        const seen: string[] = [];
        for (let Segment = 0; Segment < segments; Segment++) {
          let start: Item | undefined;
          do {
            const page = scanned.call("Scan", {
              TableName: "items",
              Limit: limit,
              Segment,
              TotalSegments: segments,
              ...(start ? { ExclusiveStartKey: start } : {}),
            });
            seen.push(...page.Items!.map(({ pk, sk }) => `${pk!.S},${sk!.N}`));
            start = page.LastEvaluatedKey;
          } while (start);
        }
        expect(seen.sort()).to.deep.equal(keys.map(String).sort());
      }),
    );
  });

  it("scan in the same order, whatever order the items came in", () => {
    const other = new World();
    other.table(TABLE);
    const all = world.call("Scan", { TableName: "items" }).Items!;
    for (const each of [...all].reverse()) other.put(each);
    expect(other.call("Scan", { TableName: "items" }).Items).to.deep.equal(all);
    expect(all).to.have.length(7);
  });
});
