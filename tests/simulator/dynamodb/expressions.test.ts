import { expect } from "chai";
import type { AttributeValue } from "../../../simulator/services/dynamodb/service";
import { validationOf, World } from "./world";

type Values = Record<string, AttributeValue>;

const ITEM: Values = {
  id: { S: "a" },
  n: { N: "10" },
  s: { S: "hello" },
  b: { B: Uint8Array.of(1, 2, 3) },
  tags: { SS: ["x", "y"] },
  nums: { NS: ["1", "2"] },
  seq: { L: [{ N: "1" }, { S: "two" }, { L: [] }] },
  m: { M: { deep: { M: { n: { N: "3" } } }, "odd.name": { BOOL: true } } },
  none: { NULL: true },
};

const VALUES: Values = {
  ":9": { N: "9" },
  ":10": { N: "10.0" },
  ":11": { N: "11" },
  ":hello": { S: "hello" },
  ":he": { S: "he" },
  ":z": { S: "z" },
  ":x": { S: "x" },
  ":bytes": { B: Uint8Array.of(1, 2) },
  ":swapped": { SS: ["y", "x"] },
  ":2": { N: "2" },
  ":two": { S: "two" },
  ":typeM": { S: "M" },
  ":true": { BOOL: true },
};

function pick(text: string, all: Values): Values {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => new RegExp(`${name}\\b`).test(text)),
  );
}

describe("DynamoDB expressions", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.table();
    world.put(ITEM);
  });

  function holds(ConditionExpression: string, names?: Record<string, string>): boolean {
    const values = pick(ConditionExpression, VALUES);
    try {
      world.call("UpdateItem", {
        TableName: "items",
        Key: { id: { S: "a" } },
        ConditionExpression,
        ...(names ? { ExpressionAttributeNames: names } : {}),
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
      });
      return true;
    } catch (cause) {
      if ((cause as Error).name === "ConditionalCheckFailedException") return false;
      throw cause;
    }
  }

  describe("as conditions", () => {
    const cases: [expression: string, expected: boolean, names?: Record<string, string>][] = [
      ["n = :10", true],
      ["n > :9 AND n < :11", true],
      ["n > :11 OR n = :10", true],
      ["NOT n = :10", false],
      ["n = :hello", false],
      ["n <> :hello", true],
      ["absent = :10", false],
      ["absent <> :10", true],
      ["absent < :10", false],
      ["s < :z", true],
      ["s < :10", false],
      ["n BETWEEN :9 AND :11", true],
      ["s IN (:x, :hello)", true],
      ["n IN (:9, :11)", false],
      ["tags = :swapped", true],
      ["attribute_exists(m.deep.n)", true],
      ["attribute_exists(m.deep.absent)", false],
      ["attribute_not_exists(seq[3])", true],
      ["attribute_exists(seq[2])", true],
      ["attribute_type(m, :typeM)", true],
      ["begins_with(s, :he)", true],
      ["begins_with(b, :bytes)", true],
      ["begins_with(n, :he)", false],
      ["contains(s, :he)", true],
      ["contains(tags, :x)", true],
      ["contains(nums, :2)", true],
      ["contains(seq, :two)", true],
      ["contains(absent, :two)", false],
      ["size(seq) > :2", true],
      ["size(tags) = :2", true],
      ["size(s) < :9", true],
      ["size(n) = :2", false],
      ["#m.#odd = :true", true, { "#m": "m", "#odd": "odd.name" }],
      ["(n = :10 OR n = :9) AND NOT (s = :x)", true],
      ["n = :9 AND n = :10 OR s = :hello", true],
    ];
    for (const [expression, expected, names] of cases) {
      it(`${expression} is ${expected}`, () => {
        expect(holds(expression, names)).to.equal(expected);
      });
    }
  });

  describe("as updates", () => {
    const update = (expression: string, values?: Values, names?: Record<string, string>) => {
      world.update("a", expression, {
        ...(values ? { ExpressionAttributeValues: values } : {}),
        ...(names ? { ExpressionAttributeNames: names } : {}),
      });
      return world.get("a")!;
    };

    it("read every operand before they write", () => {
      const item = update("SET n = seq[0], #o = n, s = if_not_exists(absent, s)", undefined, {
        "#o": "other",
      });
      expect(item).to.deep.include({ n: { N: "1" }, other: { N: "10" }, s: { S: "hello" } });
    });

    it("add and subtract exactly", () => {
      expect(update("SET n = n - :v", { ":v": { N: "0.1" } })["n"]).to.deep.equal({ N: "9.9" });
      expect(update("ADD n :v", { ":v": { N: "90000000000000000000.1" } })["n"]).to.deep.equal({
        N: "90000000000000000010",
      });
      expect(update("ADD fresh :v", { ":v": { N: "5" } })["fresh"]).to.deep.equal({ N: "5" });
      expect(
        update("SET c = if_not_exists(c, :zero) + :v", { ":zero": { N: "0" }, ":v": { N: "7" } })[
          "c"
        ],
      ).to.deep.equal({ N: "7" });
    });

    it("change lists by index", () => {
      const item = update("SET seq[9] = :b, seq[7] = :a REMOVE seq[0], seq[1]", {
        ":a": { S: "a" },
        ":b": { S: "b" },
      });
      expect(item["seq"]).to.deep.equal({ L: [{ L: [] }, { S: "a" }, { S: "b" }] });
      const appended = update("SET seq = list_append(:head, seq)", {
        ":head": { L: [{ N: "0" }] },
      });
      expect(appended["seq"]!.L).to.have.length(4);
    });

    it("change nested maps and leave the rest", () => {
      const item = update(
        "SET m.deep.x = :v REMOVE m.#odd",
        { ":v": { S: "v" } },
        { "#odd": "odd.name" },
      );
      expect(item["m"]).to.deep.equal({ M: { deep: { M: { n: { N: "3" }, x: { S: "v" } } } } });
    });

    it("change sets, and remove an attribute with its last element", () => {
      expect(update("ADD tags :more", { ":more": { SS: ["y", "z"] } })["tags"]).to.deep.equal({
        SS: ["x", "y", "z"],
      });
      expect(update("DELETE nums :gone", { ":gone": { NS: ["1", "2.0"] } })).not.to.have.property(
        "nums",
      );
    });

    it("make an item that was not there", () => {
      world.update("new", "SET x = :v", { ExpressionAttributeValues: { ":v": { N: "1" } } });
      expect(world.get("new")).to.deep.equal({ id: { S: "new" }, x: { N: "1" } });
    });

    const refused: [expression: string, values: Values | undefined, message: string][] = [
      [
        "SET x = absent",
        undefined,
        "The provided expression refers to an attribute that does not exist in the item",
      ],
      [
        "SET absent.x = :v",
        { ":v": { N: "1" } },
        "The document path provided in the update expression is invalid for update",
      ],
      [
        "SET x = s + :v",
        { ":v": { N: "1" } },
        "An operand in the update expression has an incorrect data type",
      ],
      [
        "ADD s :v",
        { ":v": { N: "1" } },
        "An operand in the update expression has an incorrect data type",
      ],
      [
        "ADD x :v",
        { ":v": { S: "1" } },
        "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
      ],
      [
        "SET x = n + :v",
        { ":v": { S: "1" } },
        "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S",
      ],
      [
        "SET x = :v, x.y = :v",
        { ":v": { S: "1" } },
        "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x, y]",
      ],
      [
        "SET x.y = :v, x[1] = :v",
        { ":v": { S: "1" } },
        "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [x, y], path two: [x, [1]]",
      ],
      [
        "SET x = :v SET y = :v",
        { ":v": { S: "1" } },
        'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;',
      ],
      [
        "SET x = attribute_exists(n)",
        undefined,
        "Invalid UpdateExpression: The function is not allowed in an update expression; function: attribute_exists",
      ],
    ];
    for (const [expression, values, message] of refused) {
      it(`refuse ${expression}`, () => {
        expect(validationOf(() => update(expression, values))).to.equal(message);
      });
    }
  });

  describe("are refused", () => {
    const refused: [condition: string, more: object, message: string][] = [
      ["", {}, "Invalid ConditionExpression: The expression can not be empty;"],
      ["n = :v AND", {}, 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"'],
      [
        "status = :v",
        {},
        "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: status",
      ],
      [
        "#n = :v",
        { ExpressionAttributeNames: { "#other": "n" } },
        "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #n",
      ],
      [
        "n = :w",
        {},
        "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :w",
      ],
      [
        "attribute_exists(n)",
        {},
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
      ],
      [
        "n = :v",
        { ExpressionAttributeNames: { "#a": "a", "#b": "b" } },
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
      ],
      [
        "n = :v",
        { ExpressionAttributeValues: { ":v": { N: "x" } } },
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v",
      ],
      ["n = :v", { ExpressionAttributeValues: {} }, "ExpressionAttributeValues must not be empty"],
      [
        "unknown(n, :v)",
        {},
        "Invalid ConditionExpression: Invalid function name; function: unknown",
      ],
      [
        "begins_with(n, :v)",
        {},
        "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
      ],
      [
        "contains(n)",
        {},
        "Invalid ConditionExpression: Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1",
      ],
      [
        "n < :v",
        { ExpressionAttributeValues: { ":v": { BOOL: true } } },
        "Invalid ConditionExpression: Incorrect operand type for operator or function; operator: <, operand type: BOOL",
      ],
      [
        "n BETWEEN :v AND :w",
        { ExpressionAttributeValues: { ":v": { N: "2" }, ":w": { N: "1" } } },
        "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
      ],
      ["((n = :v))", {}, "Invalid ConditionExpression: The expression has redundant parentheses;"],
    ];
    for (const [ConditionExpression, more, message] of refused) {
      it(`(${ConditionExpression}) ${message.slice(0, 60)}`, () => {
        const input = {
          TableName: "items",
          Item: { id: { S: "b" } },
          ConditionExpression,
          ExpressionAttributeValues: { ":v": { N: "1" } },
          ...more,
        };
        expect(validationOf(() => world.call("PutItem", input))).to.equal(message);
      });
    }

    it("placeholders without an expression", () => {
      const input = { TableName: "items", Key: { id: { S: "a" } } };
      const values = { ...input, ExpressionAttributeValues: { ":v": { N: "1" } } };
      expect(validationOf(() => world.call("UpdateItem", values))).to.equal(
        "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null",
      );
      const names = { ...input, ExpressionAttributeNames: { "#n": "n" } };
      expect(validationOf(() => world.call("GetItem", names))).to.equal(
        "ExpressionAttributeNames can only be specified when using expressions",
      );
    });
  });

  it("project parts of an item (lists are closed up)", () => {
    const get = { TableName: "items", Key: { id: { S: "a" } } };
    const projection = { ProjectionExpression: "seq[2], n, seq[0], m.deep.n, m.none, absent" };
    // `none` is a reserved word: AWS wants a placeholder for it even below another attribute.
    expect(validationOf(() => world.call("GetItem", { ...get, ...projection }))).to.equal(
      "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: none",
    );
    const allowed = { ProjectionExpression: "seq[2], n, seq[0], m.deep.n, absent" };
    expect(world.call("GetItem", { ...get, ...allowed }).Item).to.deep.equal({
      seq: { L: [{ N: "1" }, { L: [] }] },
      n: { N: "10" },
      m: { M: { deep: { M: { n: { N: "3" } } } } },
    });
  });
});
