import { expect } from "chai";
import type { Resource } from "../../../simulator/services/service";
import { definition, planned, thrown, World } from "./world";

const TABLE = "aws:dynamodb/table:Table";
const ITEM = "aws:dynamodb/tableItem:TableItem";
const INPUTS = {
  name: "items",
  billingMode: "PAY_PER_REQUEST",
  hashKey: "id",
  attributes: [{ name: "id", type: "S" }],
};

const change = (world: World, before: Resource<Record<string, unknown>>, inputs: object) => {
  const after = planned(before.type, inputs as Record<string, unknown>);
  definition(before.type).update(after as never, before as never, world.account);
  return after;
};

describe("DynamoDB tables in a program", () => {
  it("have the outputs that a program reads", () => {
    const { id, outputs } = planned(TABLE, INPUTS);
    expect(id).to.equal("items");
    expect(outputs).to.include({
      name: "items",
      arn: "arn:aws:dynamodb:eu-west-1:123456789012:table/items",
      streamArn: "",
    });
  });

  const refused: [what: string, inputs: object, message: RegExp][] = [
    ["provisioned capacity (the default)", { billingMode: undefined }, /only PAY_PER_REQUEST/],
    ["what is not modelled", { replicas: [] }, /replicas/],
    ["a key without an attribute", { rangeKey: "at" }, /keys without an attribute: at/],
    [
      "an attribute that is no key",
      { attributes: [...INPUTS.attributes, { name: "x", type: "S" }] },
      /all attributes must be indexed; unused: x/,
    ],
    ["a stream without a view", { streamEnabled: true }, /required when streamEnabled is true/],
  ];
  for (const [what, inputs, message] of refused) {
    it(`refuse ${what}`, () => {
      expect(thrown(() => planned(TABLE, { ...INPUTS, ...inputs })).message).to.match(message);
    });
  }

  it("take what changes nothing", () => {
    planned(TABLE, { ...INPUTS, tags: { a: "b" }, pointInTimeRecovery: { enabled: true } });
  });

  it("change in place: a new index is filled, a new stream begins empty", () => {
    const world = new World();
    const before = world.table();
    world.put({ id: { S: "a" }, kind: { S: "k" } });
    const after = change(world, before, {
      ...INPUTS,
      attributes: [...INPUTS.attributes, { name: "kind", type: "S" }],
      globalSecondaryIndexes: [{ name: "by-kind", hashKey: "kind", projectionType: "ALL" }],
      streamEnabled: true,
      streamViewType: "KEYS_ONLY",
    });
    const found = world.call("Query", {
      TableName: "items",
      IndexName: "by-kind",
      KeyConditionExpression: "kind = :k",
      ExpressionAttributeValues: { ":k": { S: "k" } },
    });
    expect(found.Count).to.equal(1);
    world.put({ id: { S: "b" } });
    const source = world.dynamodb.streamSource(after.outputs["streamArn"] as string)!;
    expect(source.shards.flatMap(({ records }) => records)).to.have.length(1);
    change(world, after, INPUTS);
    world.put({ id: { S: "c" } });
    expect(source.shards.flatMap(({ records }) => records)).to.have.length(1);
  });

  it("cannot be deleted while protected", () => {
    const world = new World();
    const before = world.table({ deletionProtectionEnabled: true });
    const { name, message } = thrown(() =>
      definition(TABLE).delete(before as never, world.account),
    );
    expect(name).to.equal("ValidationException");
    expect(message).to.equal(
      "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    );
    expect(world.dynamodb.remaining()).to.deep.equal(["aws:dynamodb/table:Table items"]);
    const after = change(world, before, INPUTS);
    definition(TABLE).delete(after as never, world.account);
    expect(world.dynamodb.remaining()).to.deep.equal([]);
    expect(world.dynamodb.unsettled()).to.deep.equal([]);
  });

  it("cannot be made twice", () => {
    const world = new World();
    world.table();
    expect(thrown(() => world.table())).to.include({
      name: "ResourceInUseException",
      message: "Table already exists: items",
    });
  });

  it("describe themselves", () => {
    const world = new World();
    const { outputs } = world.table({
      streamEnabled: true,
      streamViewType: "NEW_IMAGE",
      ttl: { attributeName: "expires", enabled: true },
    });
    world.put({ id: { S: "a" } });
    expect(world.call("DescribeTable", { TableName: "items" })["Table"]).to.deep.include({
      TableName: "items",
      TableStatus: "ACTIVE",
      ItemCount: 1,
      TableSizeBytes: 3,
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      LatestStreamArn: outputs["streamArn"],
    });
    expect(world.call("DescribeTimeToLive", { TableName: "items" })).to.deep.equal({
      TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "expires" },
    });
    expect(world.call("ListTables", {})).to.deep.equal({ TableNames: ["items"] });
    expect(thrown(() => world.call("DescribeTable", { TableName: "gone" })).message).to.equal(
      "Requested resource not found: Table: gone not found",
    );
  });
});

describe("DynamoDB table items in a program", () => {
  const row = (item: object) => ({
    tableName: "items",
    hashKey: "id",
    item: JSON.stringify({ id: { S: "rates" }, ...item }),
  });

  it("are made, changed and deleted; what others added stays", () => {
    const world = new World();
    world.table();
    const first = planned(ITEM, row({ state: { N: "5" }, old: { BOOL: true }, b: { B: "AQI=" } }));
    expect(first.id).to.equal("items|id||rates|");
    definition(ITEM).create(first as never, world.account);
    expect(world.get("rates")!["b"]).to.deep.equal({ B: Uint8Array.of(1, 2) });
    world.update("rates", "SET added = :v", { ExpressionAttributeValues: { ":v": { N: "1" } } });
    const second = change(world, first, row({ state: { N: "10" }, b: { B: "AQI=" } }));
    expect(world.get("rates")).to.deep.equal({
      id: { S: "rates" },
      state: { N: "10" },
      b: { B: Uint8Array.of(1, 2) },
      added: { N: "1" },
    });
    definition(ITEM).delete(second as never, world.account);
    expect(world.get("rates")).to.equal(undefined);
  });

  it("are refused where the row is there, or is no row", () => {
    const world = new World();
    world.table();
    world.put({ id: { S: "rates" } });
    const resource = planned(ITEM, row({}));
    expect(thrown(() => definition(ITEM).create(resource as never, world.account)).name).to.equal(
      "ConditionalCheckFailedException",
    );
    expect(thrown(() => planned(ITEM, { ...row({}), item: "{" })).message).to.match(
      /DynamoDB JSON/,
    );
  });
});
