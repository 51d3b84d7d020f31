import { expect } from "chai";
import { compilePattern } from "../../../simulator/services/eventbridge/patterns/pattern";

/** The example of AWS's page on event patterns, shortened. */
const EVENT = {
  version: "0",
  id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
  "detail-type": "EC2 Instance State-change Notification",
  source: "aws.ec2",
  account: "111122223333",
  time: "2017-12-22T18:43:48Z",
  region: "us-west-1",
  resources: ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
  detail: {
    "instance-id": "i-1234567890abcdef0",
    state: "terminated",
    "c-count": 5,
    "d-count": 3,
    "x-limit": 301.8,
    "source-ip": "10.0.0.33",
    empty: "",
    nothing: null,
    none: [],
    bare: {},
    tags: ["a", "b", 7],
  },
};

const matches = (pattern: unknown, event: unknown = EVENT): boolean =>
  compilePattern(JSON.stringify(pattern))(event);

const inDetail = (detail: Record<string, unknown>): boolean => matches({ detail });

/** Whether a field of an event matches, given its value. */
const field = (patterns: unknown[], ...value: unknown[]): boolean =>
  matches({ a: patterns }, value.length > 0 ? { a: value[0] } : {});

const reason = (pattern: unknown): string => {
  try {
    compilePattern(typeof pattern === "string" ? pattern : JSON.stringify(pattern));
    return "valid";
  } catch (cause) {
    const { message, name } = cause as Error;
    expect(name).to.equal("InvalidEventPatternException");
    return message.replace("Event pattern is not valid. Reason: ", "");
  }
};

describe("an event pattern", () => {
  it("matches if all its fields match, each with any of its values", () => {
    expect(matches({ source: ["aws.ec2"], detail: { state: ["running", "terminated"] } })).to.equal(
      true,
    );
    expect(matches({ source: ["aws.ec2"], detail: { state: ["running"] } })).to.equal(false);
    expect(matches({ source: ["aws.s3"], detail: { state: ["terminated"] } })).to.equal(false);
    expect(matches({ source: ["AWS.EC2"] })).to.equal(false);
    expect(matches({ nowhere: ["x"] })).to.equal(false);
  });

  it("matches an array if any element does", () => {
    expect(inDetail({ tags: ["b"] })).to.equal(true);
    expect(inDetail({ tags: ["c", 7] })).to.equal(true);
    expect(inDetail({ tags: ["c"] })).to.equal(false);
  });

  it("wants values of one element from objects in arrays", () => {
    const event = {
      items: [
        { sku: "a", count: 1 },
        { sku: "b", count: 2 },
      ],
    };
    expect(matches({ items: { sku: ["a"], count: [1] } }, event)).to.equal(true);
    expect(matches({ items: { sku: ["a"], count: [2] } }, event)).to.equal(false);
  });

  it("tells empty text, null and absence apart", () => {
    expect(inDetail({ empty: [""] })).to.equal(true);
    expect(inDetail({ nothing: [null] })).to.equal(true);
    expect(inDetail({ nothing: [""] })).to.equal(false);
    expect(inDetail({ empty: [null] })).to.equal(false);
    expect(inDetail({ missing: [null] })).to.equal(false);
  });

  it("takes 300 and 300.0 for the same number, and a number for no text", () => {
    expect(compilePattern('{"a":[300]}')(JSON.parse('{"a":300.0}'))).to.equal(true);
    expect(compilePattern('{"a":[3.0e2]}')(JSON.parse('{"a":300}'))).to.equal(true);
    expect(field(["300"], 300)).to.equal(false);
    expect(field([300], "300")).to.equal(false);
  });

  it("joins names with dots", () => {
    expect(matches({ "detail.state": ["terminated"] })).to.equal(true);
    expect(matches({ a: { b: [1] } }, { "a.b": 1 })).to.equal(true);
  });
});

describe("operators", () => {
  it("prefix and suffix, of texts alone", () => {
    expect(matches({ region: [{ prefix: "us-" }] })).to.equal(true);
    expect(field([{ suffix: ".png" }], "a.png")).to.equal(true);
    expect(field([{ suffix: ".png" }], "a.PNG")).to.equal(false);
    expect(field([{ prefix: "" }], "")).to.equal(true);
    expect(field([{ prefix: "" }], 5)).to.equal(false);
    expect(field([{ prefix: "1" }], 12)).to.equal(false);
  });

  it("equals-ignore-case, in prefix and suffix too", () => {
    expect(field([{ "equals-ignore-case": "aLiCe" }], "ALICE")).to.equal(true);
    expect(field([{ "equals-ignore-case": "alice" }], "alices")).to.equal(false);
    expect(field([{ prefix: { "equals-ignore-case": "EventB" } }], "eventbridge")).to.equal(true);
    expect(field([{ suffix: { "equals-ignore-case": ".PNG" } }], "a.png")).to.equal(true);
  });

  it("anything-but: of a value or a list; null passes, a missing field does not", () => {
    expect(field([{ "anything-but": "initializing" }], "running")).to.equal(true);
    expect(field([{ "anything-but": "initializing" }], "initializing")).to.equal(false);
    expect(field([{ "anything-but": [123, 456] }], 456)).to.equal(false);
    expect(field([{ "anything-but": 123 }], "123")).to.equal(true);
    expect(field([{ "anything-but": ["a", "b"] }], ["a", "c"])).to.equal(true);
    expect(field([{ "anything-but": ["a", "b"] }], ["a", "b"])).to.equal(false);
    expect(field([{ "anything-but": "a" }], null)).to.equal(true);
    expect(field([{ "anything-but": "a" }])).to.equal(false);
  });

  it("anything-but: of prefixes, suffixes, wildcards, and whatever the case", () => {
    expect(field([{ "anything-but": { prefix: "init" } }], "initializing")).to.equal(false);
    expect(field([{ "anything-but": { prefix: ["init", "run"] } }], "stopped")).to.equal(true);
    expect(field([{ "anything-but": { suffix: ".png" } }], "a.jpg")).to.equal(true);
    expect(field([{ "anything-but": { wildcard: "*/lib/*" } }], "a/lib/b")).to.equal(false);
    expect(field([{ "anything-but": { "equals-ignore-case": "INIT" } }], "init")).to.equal(false);
  });

  it("numeric: ranges of numbers, never of texts or null, within ±5e9", () => {
    expect(inDetail({ "c-count": [{ numeric: [">", 0, "<=", 5] }] })).to.equal(true);
    expect(inDetail({ "d-count": [{ numeric: ["<", 3] }] })).to.equal(false);
    expect(inDetail({ "x-limit": [{ numeric: ["=", 3.018e2] }] })).to.equal(true);
    expect(field([{ numeric: [">", 0] }], "5")).to.equal(false);
    expect(field([{ numeric: ["<", 1] }], null)).to.equal(false);
    expect(field([{ numeric: [">", 0] }], 5e9)).to.equal(true);
    expect(field([{ numeric: [">", 0] }], 5e9 + 1)).to.equal(false);
  });

  it("cidr: addresses in a block, of both kinds", () => {
    expect(inDetail({ "source-ip": [{ cidr: "10.0.0.0/24" }] })).to.equal(true);
    expect(inDetail({ "source-ip": [{ cidr: "10.0.1.0/24" }] })).to.equal(false);
    expect(field([{ cidr: "2001:db8::/32" }], "2001:DB8:1::5")).to.equal(true);
    expect(field([{ cidr: "10.0.0.0/24" }], "10.0.0")).to.equal(false);
    expect(field(["2001:db8::1"], "2001:DB8:0:0:0:0:0:1")).to.equal(true);
  });

  it("exists: of leaves; neither [] nor {} is one", () => {
    expect(inDetail({ state: [{ exists: true }], missing: [{ exists: false }] })).to.equal(true);
    expect(inDetail({ nothing: [{ exists: true }] })).to.equal(true);
    for (const name of ["missing", "none", "bare"]) {
      expect(inDetail({ [name]: [{ exists: true }] }), name).to.equal(false);
      expect(inDetail({ [name]: [{ exists: false }] }), name).to.equal(true);
    }
    expect(matches({ detail: [{ exists: true }] })).to.equal(false);
  });

  it("wildcard: any characters, escaped ones are themselves", () => {
    const bus = [{ wildcard: "arn:aws:events:us-east-1:*:event-bus/*" }];
    expect(field(bus, "arn:aws:events:us-east-1:1234:event-bus/x")).to.equal(true);
    expect(field(bus, "arn:aws:events:us-west-1:1234:event-bus/x")).to.equal(false);
    expect(field([{ wildcard: "a\\*c" }], "a*c")).to.equal(true);
    expect(field([{ wildcard: "a\\*c" }], "abc")).to.equal(false);
    expect(field([{ wildcard: "*ab*ab" }], "abab")).to.equal(true);
    expect(field([{ wildcard: "*ab*ab" }], "ab")).to.equal(false);
    expect(field([{ wildcard: "*" }], 5)).to.equal(false);
  });

  it("$or: between fields, at any depth", () => {
    const pattern = {
      source: ["aws.ec2"],
      detail: {
        $or: [
          { "c-count": [{ numeric: [">", 5] }] },
          { "d-count": [{ numeric: ["<", 10] }], state: ["terminated"] },
        ],
      },
    };
    expect(matches(pattern)).to.equal(true);
    expect(matches({ ...pattern, source: ["aws.s3"] })).to.equal(false);
    expect(matches({ $or: [{ source: ["aws.s3"] }, { region: ["eu-west-1"] }] })).to.equal(false);
  });
});

describe("patterns that are none", () => {
  // Recorded from AWS; what it says of line and column is left out.
  const RECORDED: readonly (readonly [unknown, string])[] = [
    [{ int: 42 }, '"int" must be an object or an array'],
    [{ string: "my-value" }, '"string" must be an object or an array'],
    [{ resources: [] }, "Empty arrays are not allowed"],
    [{ detail: { equal: [{ NUMERIC: ["=", 5] }] } }, "Unrecognized match type NUMERIC"],
    [{ my_key: [{ EXISTS: true }] }, "Unrecognized match type EXISTS"],
    [{ "c-count": [{ numeric: [">", 0, ">", 0] }] }, "Bad numeric range operator: >"],
    [{ "c-count": [{ numeric: [">", 0, "<"] }] }, "Value of < must be numeric"],
    [{ ip: [{ cidr: "bad-filter" }] }, "Malformed CIDR, one '/' required"],
    [
      { name: [{ "equals-ignore-case": ["alice"] }] },
      "equals-ignore-case match pattern must be a string",
    ],
    [
      { state: [{ "anything-but": { "equals-ignore-case": 123 } }] },
      "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ],
    [
      { EventBusArn: [{ wildcard: "arn:aws:events:us-east-1:**:event-bus/*" }] },
      "Consecutive wildcard characters at pos 26",
    ],
  ];

  for (const [pattern, expected] of RECORDED) {
    it(`are refused with AWS's reason: ${expected}`, () => {
      expect(reason(pattern)).to.equal(expected);
    });
  }

  it("are refused where AWS's documentation says so", () => {
    expect(reason("[]")).to.equal("Filter is not an object");
    expect(reason({})).to.equal("Empty objects are not allowed");
    expect(reason("{'bad': 'quotation'}")).to.match(/JSON/);
    expect(reason({ $or: [{ a: [1] }] })).to.match(/at least 2 Objects/);
    expect(reason({ $or: [{ a: [1] }, { prefix: [1] }] })).to.match(/cannot be used inside \$or/);
    expect(reason({ a: [{ numeric: ["=", 5e9 + 1] }] })).to.match(/between -5000000000 and/);
    expect(reason({ a: [{ "anything-but": [1, "x"] }] })).to.match(/mixed type is not supported/);
    expect(reason({ a: [{ "anything-but": { prefix: "" } }] })).to.match(/Null prefix/);
    const branches = Array.from({ length: 1_000 }, (_, at) => ({ a: [at] }));
    expect(reason({ $or: branches })).to.match(/fewer than 1000/);
    expect(reason({ $or: branches.slice(1) })).to.equal("valid");
  });
});
