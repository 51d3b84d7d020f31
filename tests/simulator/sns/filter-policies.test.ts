import { expect } from "chai";
import type { MessageAttributes } from "../../../simulator/services/sqs/service";
import { compileFilterPolicy } from "../../../simulator/services/sns/filter-policy";

const text = (StringValue: string) => ({ DataType: "String", StringValue });
const list = (...values: unknown[]) => ({
  DataType: "String.Array",
  StringValue: JSON.stringify(values),
});
const number = (value: number | string) => ({ DataType: "Number", StringValue: String(value) });

const accepts = (policy: object, attributes: MessageAttributes): boolean =>
  compileFilterPolicy(JSON.stringify(policy), "MessageAttributes")({ attributes, message: "" }) ===
  "accepted";

const acceptsBody = (policy: object, body: unknown): boolean =>
  compileFilterPolicy(
    JSON.stringify(policy),
    "MessageBody",
  )({ attributes: {}, message: JSON.stringify(body) }) === "accepted";

/** [what, conditions, attributes that match, attributes that do not]; the key is `k`. */
type Row = [string, unknown[], MessageAttributes[string][], MessageAttributes[string][]];

const rows: Row[] = [
  [
    "a text, case and all",
    ["rugby", "tennis"],
    [text("rugby"), text("tennis"), list("rugby", "golf")],
    [text("Rugby"), text("baseball"), list("baseball")],
  ],
  [
    "a keyword or a number in an array",
    [true, 7],
    [list(true), list(7), number(7)],
    [text("true"), list("true"), text("7")],
  ],
  [
    "anything but what is listed; of an array, one element suffices",
    [{ "anything-but": ["rugby", "tennis"] }],
    [text("golf"), list("rugby", "golf")],
    [text("rugby"), list("rugby", "tennis"), list("rugby")],
  ],
  [
    "anything but a number",
    [{ "anything-but": [100, 500] }],
    [number(101), number(100.1)],
    [number(100), number("5e2")],
  ],
  ["anything but a prefix", [{ "anything-but": { prefix: "or" } }], [text("a")], [text("order")]],
  ["a prefix", [{ prefix: "bas" }], [text("baseball"), text("bas")], [text("rugby"), text("Bas")]],
  ["a suffix", [{ suffix: "ball" }], [text("baseball")], [text("ballad")]],
  [
    "a text, whatever its case",
    [{ "equals-ignore-case": "TeNNis" }],
    [text("tennis")],
    [text("x")],
  ],
  ["a number", [{ numeric: ["=", 301.5] }], [number(301.5), number("3.015e2")], [number(300)]],
  [
    "a range of numbers, never a text",
    [{ numeric: [">", 0, "<=", 150] }],
    [number(1), number(150)],
    [number(0), number(151), text("100")],
  ],
  ["a number below", [{ numeric: ["<", 0] }], [number(-1)], [number(0)]],
  [
    "an address in a range",
    [{ cidr: "10.0.0.0/24" }],
    [text("10.0.0.0"), text("10.0.0.255")],
    [text("10.1.1.0"), text("no address")],
  ],
  ["that the key is there", [{ exists: true }], [text("a"), number(0)], []],
  ["one of several conditions", ["a", { prefix: "b" }], [text("a"), text("bee")], [text("c")]],
];

describe("a filter policy on attributes", () => {
  for (const [what, conditions, matching, others] of rows) {
    it(`matches ${what}`, () => {
      for (const k of matching) expect(accepts({ k: conditions }, { k }), text_(k)).to.equal(true);
      for (const k of others) expect(accepts({ k: conditions }, { k }), text_(k)).to.equal(false);
    });
  }

  const text_ = (value: unknown): string => JSON.stringify(value);

  it("needs every key to match, and matches nothing that is missing but exists false", () => {
    const policy = { a: ["x"], b: ["y"] };
    expect(accepts(policy, { a: text("x"), b: text("y"), c: text("z") })).to.equal(true);
    expect(accepts(policy, { a: text("x") })).to.equal(false);
    expect(accepts({ a: [{ "anything-but": "x" }] }, {})).to.equal(false);
    expect(accepts({ a: [{ exists: false }] }, {})).to.equal(true);
    expect(accepts({ a: [{ exists: false }] }, { a: text("x") })).to.equal(false);
    expect(accepts({ a: [{ exists: false }, "x"] }, { a: text("x") })).to.equal(true);
    expect(accepts({}, {})).to.equal(true);
  });

  it("takes alternatives ($or), beside other keys", () => {
    const policy = {
      kind: ["order"],
      $or: [{ size: ["big"] }, { price: [{ numeric: [">", 9] }] }],
    };
    expect(accepts(policy, { kind: text("order"), price: number(10) })).to.equal(true);
    expect(accepts(policy, { kind: text("order"), size: text("big") })).to.equal(true);
    expect(accepts(policy, { kind: text("order"), size: text("small") })).to.equal(false);
    expect(accepts(policy, { kind: text("offer"), size: text("big") })).to.equal(false);
  });

  it("does not look at binary attributes, and matches no array that is no JSON", () => {
    const binary = { DataType: "Binary", BinaryValue: new Uint8Array([1]) };
    expect(accepts({ k: [{ exists: true }] }, { k: binary })).to.equal(false);
    const broken = { DataType: "String.Array", StringValue: "[" };
    expect(accepts({ k: ["["] }, { k: broken })).to.equal(false);
  });
});

describe("a filter policy on the body", () => {
  it("matches nested properties, and elements of arrays", () => {
    const policy = { order: { lines: { sku: ["A"] }, total: [{ numeric: [">=", 5] }] } };
    const lines = [{ sku: "B" }, { sku: "A" }];
    expect(acceptsBody(policy, { order: { lines, total: 5 } })).to.equal(true);
    expect(acceptsBody(policy, { order: { lines, total: "5" } })).to.equal(false);
    expect(acceptsBody(policy, { order: { lines: [], total: 5 } })).to.equal(false);
    expect(acceptsBody(policy, { order: { total: 5 } })).to.equal(false);
  });

  it("matches keywords and numbers as they are", () => {
    const policy = { done: [true], left: [null, 0] };
    expect(acceptsBody(policy, { done: true, left: null })).to.equal(true);
    expect(acceptsBody(policy, { done: true, left: 0 })).to.equal(true);
    expect(acceptsBody(policy, { done: "true", left: 0 })).to.equal(false);
  });

  it("matches no message that is no JSON object", () => {
    const policy = compileFilterPolicy('{"a":[{"exists":false}]}', "MessageBody");
    const result = (message: string): string => policy({ attributes: {}, message });
    expect(result("{}")).to.equal("accepted");
    expect(result("plain")).to.equal("InvalidMessageBody");
    expect(result("[]")).to.equal("InvalidMessageBody");
    expect(result('{"a":1}')).to.equal("MessageBody");
  });
});

describe("a filter policy that AWS refuses", () => {
  const numeric = (...terms: unknown[]): object => ({ k: [{ numeric: terms }] });
  const many = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
  const refusals: [unknown, string][] = [
    ["{", "FilterPolicy: failed to parse JSON."],
    [{ k: "a" }, 'FilterPolicy: "k" must be an object or an array'],
    [{ k: [] }, "FilterPolicy: Empty arrays are not allowed"],
    [{ k: [["a"]] }, "FilterPolicy: Match value must be String, number, true, false, or null"],
    [{ k: [{ like: "a" }] }, "FilterPolicy: Unrecognized match type like"],
    [
      { k: [{ prefix: "a", suffix: "b" }] },
      "FilterPolicy: Only one key allowed in match expression",
    ],
    [{ k: [{ prefix: 1 }] }, "FilterPolicy: prefix match pattern must be a string"],
    [
      { k: [{ "equals-ignore-case": 1 }] },
      "FilterPolicy: equals-ignore-case match pattern must be a string",
    ],
    [
      { k: [{ exists: "yes" }] },
      "FilterPolicy: exists match pattern must be either true or false.",
    ],
    [
      { k: [{ "anything-but": { suffix: "a" } }] },
      "FilterPolicy: Unsupported anything-but pattern: suffix",
    ],
    [numeric(), "FilterPolicy: Invalid member in numeric match: ]"],
    [numeric(1), "FilterPolicy: Invalid member in numeric match: 1"],
    [numeric("~", 1), "FilterPolicy: Unrecognized numeric range operator: ~"],
    [numeric("=", "1"), "FilterPolicy: Value of equals must be numeric"],
    [numeric("<"), "FilterPolicy: Value of < must be numeric"],
    [numeric("<", 1, ">", 0), "FilterPolicy: Too many elements in numeric expression"],
    [numeric(">", 1, 2, 3), "FilterPolicy: Bad value in numeric range: 2"],
    [numeric(">", 1, ">", 3), "FilterPolicy: Bad numeric range operator: >"],
    [numeric(">", 1, "<", 1), "FilterPolicy: Bottom must be less than top"],
    [numeric(">", 1, "<", 2, "<"), "FilterPolicy: Too many terms in numeric range expression"],
    [{ k: [{ cidr: "10.0.0.0" }] }, "FilterPolicy: Malformed CIDR, one '/' required"],
    [{ k: [{ cidr: "10.0.0.0/x" }] }, "FilterPolicy: Malformed CIDR, mask bits must be an integer"],
    [{ k: [{ cidr: "10.0/8" }] }, "FilterPolicy: Nonstandard IP address: 10.0"],
    [
      Object.fromEntries(many(6).map((n) => [`k${n}`, ["a"]])),
      "FilterPolicy: Filter policy can not have more than 5 keys",
    ],
    [{ k: many(151) }, "FilterPolicy: Filter policy is too complex"],
    [{ a: many(13), b: many(12) }, "FilterPolicy: Filter policy is too complex"],
    [
      { a: { b: ["c"] } },
      "Filter policy scope MessageAttributes does not support nested filter policy",
    ],
  ];
  for (const [policy, reason] of refusals) {
    it(`says so: ${reason}`, () => {
      const json = typeof policy === "string" ? policy : JSON.stringify(policy);
      expect(() => compileFilterPolicy(json, "MessageAttributes")).to.throw(
        `Invalid parameter: Attributes Reason: ${reason}`,
      );
    });
  }

  it("counts nested arrays once for each level (4 × 3 × 3 × 2 is 72, × 3 too many)", () => {
    const nested = { a: { b: { c: many(4) } }, d: { e: many(3) } };
    compileFilterPolicy(JSON.stringify(nested), "MessageBody");
    expect(() =>
      compileFilterPolicy(JSON.stringify({ ...nested, f: many(3) }), "MessageBody"),
    ).to.throw(/Filter policy is too complex/);
  });
});
