import { expect } from "chai";
import { arnOf as queueArn } from "../sqs/world";
import { BusWorld, FUNCTION, RULE } from "./world";

/** AWS's example, as the detail of an event of ours. */
const DETAIL = { "instance-id": "i-0123456789", state: "RUNNING", n: 5, nested: { a: [1, "two"] } };

const PATHS = {
  instance: "$.detail.instance-id",
  state: "$.detail.state",
  resource: "$.resources[0]",
  detail: "$.detail",
  count: "$.detail.n",
  missing: "$.detail.nowhere",
};

/** What a queue gets in place of an event. */
async function bodyFor(inputs: Record<string, unknown>): Promise<string> {
  const bus = new BusWorld();
  bus.target("inbox", queueArn("inbox"), {
    ...inputs,
    deadLetterConfig: { arn: queueArn("dead") },
  });
  await bus.put(DETAIL);
  await bus.arrive();
  const bodies = [...bus.services.sqs.messagesOf(queueArn("inbox"))].map(({ body }) => body);
  return bodies[0] ?? `dead: ${bus.attributes("dead")[0]!["ERROR_CODE"]}`;
}

const transformed = (inputTemplate: string, inputPaths: object = PATHS): Promise<string> =>
  bodyFor({ inputTransformer: { inputPaths, inputTemplate } });

describe("a target's input", () => {
  it("is the event, a constant, or a part of the event", async () => {
    expect(JSON.parse(await bodyFor({}))).to.deep.include({ source: "shop", detail: DETAIL });
    expect(await bodyFor({ input: '{"mode": "all"}' })).to.equal('{"mode": "all"}');
    expect(await bodyFor({ inputPath: "$.detail.nested" })).to.equal('{"a":[1,"two"]}');
    expect(await bodyFor({ inputPath: "$.detail.state" })).to.equal('"RUNNING"');
    expect(await bodyFor({ inputPath: "$.detail.nested.a[1]" })).to.equal('"two"');
    expect(await bodyFor({ inputPath: "$.detail.nested.a[*]" })).to.equal('[1,"two"]');
    expect(JSON.parse(await bodyFor({ inputPath: "$" }))).to.include({ source: "shop" });
  });

  it("reaches a function as parsed JSON", async () => {
    const bus = new BusWorld();
    bus.target("function", FUNCTION, { inputPath: "$.detail" });
    await bus.put(DETAIL);
    await bus.arrive();
    expect(bus.lambda.requests[0]!.event()).to.deep.equal(DETAIL);
  });
});

describe("an input transformer", () => {
  it("makes texts (AWS's examples)", async () => {
    expect(await transformed('"instance <instance> is in <state>"')).to.equal(
      '"instance i-0123456789 is in RUNNING"',
    );
    expect(await transformed('"instance \\"<instance>\\" is in <state>"')).to.equal(
      '"instance \\"i-0123456789\\" is in RUNNING"',
    );
  });

  it("makes objects (AWS's examples)", async () => {
    expect(await transformed('{"instance" : <instance>, "state": <state>}')).to.equal(
      '{"instance" : "i-0123456789", "state": "RUNNING"}',
    );
    expect(
      await transformed(
        '{"instance" : <instance>, "state": "<state>", ' +
          '"instanceStatus": "instance \\"<instance>\\" is in <state>"}',
      ),
    ).to.equal(
      '{"instance" : "i-0123456789", "state": "RUNNING", ' +
        '"instanceStatus": "instance \\"i-0123456789\\" is in RUNNING"}',
    );
    expect(await transformed('{"state": [9, <state>, true], "Transformed" : "Yes"}')).to.equal(
      '{"state": [9, "RUNNING", true], "Transformed" : "Yes"}',
    );
  });

  it("puts objects and numbers in as they are; inside of texts objects lose their quotes", async () => {
    expect(await transformed('{"d": <detail>, "n": <count>}')).to.equal(
      `{"d": ${JSON.stringify(DETAIL)}, "n": 5}`,
    );
    expect(
      await transformed('"got <detail>, <count>"', { ...PATHS, detail: "$.detail.nested" }),
    ).to.equal('"got {a:[1,two]}, 5"');
  });

  it("takes what the event does not have for an empty text", async () => {
    expect(await transformed('"info <missing>"')).to.equal('"info "');
    expect(await transformed('{"info": <missing>}')).to.equal('{"info": ""}');
  });

  it("knows AWS's own variables", async () => {
    const own = await transformed(
      '{"arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>", ' +
        '"at": <aws.events.event.ingestion-time>, "head": <aws.events.event>, ' +
        '"event": <aws.events.event.json>}',
    );
    const { event, head, ...rest } = JSON.parse(own) as Record<string, Record<string, unknown>>;
    expect(rest).to.deep.equal({ arn: RULE, name: "placed", at: "2026-01-01T00:00:00.000Z" });
    expect(event!["detail"]).to.deep.equal(DETAIL);
    expect({ ...head, detail: DETAIL }).to.deep.equal(event);
    expect(head).to.not.have.property("detail");
  });

  it("leaves what is no variable alone", async () => {
    expect(await transformed('"1 < 2, <b and c>"')).to.equal('"1 < 2, <b and c>"');
  });
});

describe("inputs that are refused", () => {
  const problem = (inputs: Record<string, unknown>): string | undefined =>
    new BusWorld().problems("aws:cloudwatch/eventTarget:EventTarget", "t", {
      ...{ rule: "placed", arn: queueArn("inbox"), targetId: "t" },
      ...inputs,
    })[0];

  it("no JSON, unknown variables, paths not understood, two at once", () => {
    expect(problem({ input: "{" })).to.match(/JSON syntax error in input for target t/);
    expect(problem({ inputPath: "detail" })).to.match(/Invalid JSON path detail for InputPath/);
    expect(problem({ inputPath: "$.a['b']" })).to.match(/not understood at position 3/);
    expect(problem({ input: "{}", inputPath: "$" })).to.match(/Only one of Input, InputPath, or/);
    const template = (inputTemplate: string, inputPaths = {}): unknown => ({
      inputTransformer: { inputTemplate, inputPaths },
    });
    expect(problem(template('"<x>"') as never)).to.match(/contains invalid placeholder x/);
    expect(problem(template("hello") as never)).to.match(/Invalid InputTemplate for target t/);
    expect(problem(template('"<awsX>"', { awsX: "$" }) as never)).to.match(
      /must not start with AWS/,
    );
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`v${at}`, "$"]));
    expect(problem(template('""', many) as never)).to.match(/more than 100 entries/);
  });
});
