import { expect } from "chai";
import { START_MS, thrown, validationOf, World } from "./world";

const key = (id: string) => ({ TableName: "items", Key: { id: { S: id } } });

describe("DynamoDB item operations", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.table();
  });

  it("give back what was put, numbers in canonical form", () => {
    world.put({ id: { S: "a" }, n: { N: "+01.500e1" }, tiny: { N: "1E-5" }, b: { BOOL: false } });
    expect(world.get("a")).to.deep.equal({
      id: { S: "a" },
      n: { N: "15" },
      tiny: { N: "0.00001" },
      b: { BOOL: false },
    });
    expect(world.call("GetItem", key("b"))).to.deep.equal({});
  });

  it("hand out copies", () => {
    world.put({ id: { S: "a" }, list: { L: [{ S: "x" }] } });
    world.get("a")!["list"]!.L!.push({ S: "y" });
    expect(world.get("a")!["list"]).to.deep.equal({ L: [{ S: "x" }] });
  });

  it("answer the values asked for", () => {
    world.put({ id: { S: "a" }, n: { N: "1" }, m: { M: { x: { N: "1" }, y: { N: "2" } } } });
    const values = { ":one": { N: "1" } };
    const update = (ReturnValues: string) =>
      world.update("a", "SET n = n + :one, m.x = n", {
        ReturnValues,
        ExpressionAttributeValues: values,
      }).Attributes;
    expect(update("UPDATED_NEW")).to.deep.equal({ n: { N: "2" }, m: { M: { x: { N: "1" } } } });
    expect(update("UPDATED_OLD")).to.deep.equal({ n: { N: "2" }, m: { M: { x: { N: "1" } } } });
    expect(update("ALL_NEW")).to.have.property("n").that.deep.equals({ N: "4" });
    expect(update("ALL_OLD")).to.have.property("n").that.deep.equals({ N: "4" });
    expect(update("NONE")).to.equal(undefined);
    const put = { TableName: "items", Item: { id: { S: "a" } }, ReturnValues: "ALL_OLD" };
    expect(world.call("PutItem", put).Attributes).to.have.property("m");
    expect(world.call("DeleteItem", { ...key("a"), ReturnValues: "ALL_OLD" })).to.deep.equal({
      Attributes: { id: { S: "a" } },
    });
    expect(validationOf(() => world.call("PutItem", { ...put, ReturnValues: "ALL_NEW" }))).to.equal(
      "Return values set to invalid value",
    );
  });

  it("refuse a write whose condition fails, with the item where asked", () => {
    world.put({ id: { S: "a" }, n: { N: "1" } });
    const put = {
      TableName: "items",
      Item: { id: { S: "a" } },
      ConditionExpression: "attribute_not_exists(id)",
    };
    const plain = thrown(() => world.call("PutItem", put));
    expect(plain.name).to.equal("ConditionalCheckFailedException");
    expect(plain.message).to.equal("The conditional request failed");
    expect(plain.members).to.deep.equal({});
    const asked = { ...put, ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
    expect(thrown(() => world.call("PutItem", asked)).members).to.deep.equal({
      Item: { id: { S: "a" }, n: { N: "1" } },
    });
    const missing = {
      ...key("b"),
      ConditionExpression: "attribute_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    expect(thrown(() => world.call("DeleteItem", missing)).members).to.deep.equal({});
  });

  const refused: [what: string, operation: string, input: object, message: string][] = [
    [
      "an item without its key",
      "PutItem",
      { TableName: "items", Item: { x: { S: "a" } } },
      "One or more parameter values were invalid: Missing the key id in the item",
    ],
    [
      "a key of another type",
      "PutItem",
      { TableName: "items", Item: { id: { N: "1" } } },
      "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N",
    ],
    [
      "a key that is not the table's",
      "GetItem",
      { TableName: "items", Key: { id: { S: "a" }, other: { S: "b" } } },
      "The provided key element does not match the schema",
    ],
    [
      "an empty key string",
      "GetItem",
      key(""),
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id",
    ],
    [
      "an empty set",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, s: { SS: [] } } },
      "One or more parameter values were invalid: An string set  may not be empty",
    ],
    [
      "a set with duplicates",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, s: { SS: ["x", "x"] } } },
      "One or more parameter values were invalid: Input collection [x, x] contains duplicates.",
    ],
    [
      "a number that is none",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, n: { N: "1x" } } },
      "The parameter cannot be converted to a numeric value: 1x",
    ],
    [
      "more than 38 digits",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, n: { N: "1".repeat(39) } } },
      "Attempting to store more than 38 significant digits in a Number",
    ],
    [
      "a number too large",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, n: { N: "1e126" } } },
      "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ],
    [
      "a number too small",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, n: { N: "1e-131" } } },
      "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    ],
    [
      "a value without a type",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, n: {} } },
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ],
    [
      "a value of two types",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, n: { S: "1", N: "1" } } },
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    ],
    [
      "an item over 400 KB, names included",
      "PutItem",
      { TableName: "items", Item: { id: { S: "a" }, x: { S: "x".repeat(409_600 - 3) } } },
      "Item size has exceeded the maximum allowed size",
    ],
    [
      "an update of the key",
      "UpdateItem",
      {
        ...key("a"),
        UpdateExpression: "SET id = :v",
        ExpressionAttributeValues: { ":v": { S: "b" } },
      },
      "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key",
    ],
  ];
  for (const [what, operation, input, message] of refused) {
    it(`refuse ${what}`, () => {
      expect(validationOf(() => world.call(operation, input))).to.equal(message);
      expect(world.changed()).to.deep.equal([]);
    });
  }

  it("take an item of exactly 400 KB, and refuse to update it beyond", () => {
    world.put({ id: { S: "a" }, x: { S: "x".repeat(409_600 - 4) } });
    expect(
      validationOf(() =>
        world.update("a", "SET y = :v", { ExpressionAttributeValues: { ":v": { S: "" } } }),
      ),
    ).to.equal("Item size to update has exceeded the maximum allowed size");
  });

  it("refuse a table that does not exist", () => {
    const { name, message } = thrown(() =>
      world.call("GetItem", { TableName: "other", Key: { id: { S: "a" } } }),
    );
    expect(name).to.equal("ResourceNotFoundException");
    expect(message).to.equal("Requested resource not found");
  });

  it("refuse legacy parameters by name", () => {
    const { name, message } = thrown(() => world.call("PutItem", { Expected: {} }));
    expect(name).to.equal("NotModelledError");
    expect(message).to.equal("DynamoDB PutItem: Expected is not modelled; use ConditionExpression");
    expect(thrown(() => world.call("ExecuteStatement", { Statement: "x" })).message).to.equal(
      "DynamoDB ExecuteStatement: Statement (PartiQL) is not modelled; use the item operations",
    );
  });

  it("log every committed write, the ones without a change too", () => {
    const item = { id: { S: "a" }, s: { SS: ["x", "y"] } };
    world.call("PutItem", { TableName: "items", Item: item }, "request-1");
    world.put({ id: { S: "a" }, s: { SS: ["y", "x"] } });
    world.call("DeleteItem", key("b"));
    world.call("DeleteItem", key("a"));
    expect(world.dynamodb.writes("items")).to.deep.equal([
      {
        atMs: START_MS,
        table: "items",
        operation: "PutItem",
        key: { id: { S: "a" } },
        after: item,
        changed: true,
        requestId: "request-1",
      },
      {
        atMs: START_MS,
        table: "items",
        operation: "PutItem",
        key: { id: { S: "a" } },
        before: item,
        after: item,
        changed: false,
      },
      {
        atMs: START_MS,
        table: "items",
        operation: "DeleteItem",
        key: { id: { S: "b" } },
        changed: false,
      },
      {
        atMs: START_MS,
        table: "items",
        operation: "DeleteItem",
        key: { id: { S: "a" } },
        before: item,
        changed: true,
      },
    ]);
  });

  it("tell listeners of changes only", () => {
    const told: string[] = [];
    const end = world.dynamodb.onWrite((table) => told.push(table));
    world.put({ id: { S: "a" } });
    world.put({ id: { S: "a" } });
    expect(told).to.deep.equal(["items"]);
    end();
    world.call("DeleteItem", key("a"));
    expect(told).to.deep.equal(["items"]);
  });

  it("count capacity, that of refused conditional writes too", () => {
    const put = { TableName: "items", ReturnConsumedCapacity: "TOTAL" };
    const large = { id: { S: "a" }, x: { S: "x".repeat(2000) } };
    expect(world.call("PutItem", { ...put, Item: large }).ConsumedCapacity).to.deep.equal({
      TableName: "items",
      CapacityUnits: 2,
    });
    thrown(() =>
      world.call("PutItem", {
        TableName: "items",
        Item: { id: { S: "a" } },
        ConditionExpression: "attribute_not_exists(id)",
      }),
    );
    expect(world.usage.snapshot()).to.deep.equal({ "dynamodb.writeUnits": 4 });
    world.get("a");
    world.call("GetItem", { ...key("a"), ConsistentRead: true });
    expect(world.usage.snapshot()["dynamodb.readUnits"]).to.equal(1.5);
  });

  it("read and write in batches", () => {
    const puts = ["a", "b"].map((id) => ({ PutRequest: { Item: { id: { S: id } } } }));
    expect(world.call("BatchWriteItem", { RequestItems: { items: puts } })).to.deep.equal({
      UnprocessedItems: {},
    });
    const request = { Keys: [{ id: { S: "b" } }, { id: { S: "c" } }, { id: { S: "a" } }] };
    expect(world.call("BatchGetItem", { RequestItems: { items: request } })).to.deep.equal({
      Responses: { items: [{ id: { S: "b" } }, { id: { S: "a" } }] },
      UnprocessedKeys: {},
    });
    const twice = { items: [puts[0], { DeleteRequest: { Key: { id: { S: "a" } } } }] };
    expect(validationOf(() => world.call("BatchWriteItem", { RequestItems: twice }))).to.equal(
      "Provided list of item keys contains duplicates",
    );
    const many = Array.from({ length: 26 }, (_, n) => ({
      PutRequest: { Item: { id: { S: `${n}` } } },
    }));
    expect(
      validationOf(() => world.call("BatchWriteItem", { RequestItems: { items: many } })),
    ).to.equal("Too many items requested for the BatchWriteItem call");
  });

  it("need the permissions of their table, index or action", () => {
    const { operations } = world.dynamodb;
    const arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/items";
    const needed = (name: string, input: object) =>
      operations[name]!.permissions(input as never, world.account);
    expect(needed("UpdateItem", key("a"))).to.deep.equal([
      { action: "dynamodb:UpdateItem", resource: arn },
    ]);
    expect(needed("Query", { TableName: arn, IndexName: "by-day" })).to.deep.equal([
      { action: "dynamodb:Query", resource: `${arn}/index/by-day` },
    ]);
    const TransactItems = [
      { Put: { TableName: "items" } },
      { Put: { TableName: "items" } },
      { ConditionCheck: { TableName: "items" } },
    ];
    expect(needed("TransactWriteItems", { TransactItems })).to.deep.equal([
      { action: "dynamodb:PutItem", resource: arn },
      { action: "dynamodb:ConditionCheckItem", resource: arn },
    ]);
  });
});
