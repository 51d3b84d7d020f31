import { expect } from "chai";
import { Planner } from "../../../simulator/deploy/plan";
import { simulate } from "../../../simulator";
import { apiGatewayResources } from "../../../simulator/services/apigateway/service";
import { apiProgram, send } from "./api-program";

const TARGET = { project: "test", stack: "test", accountId: "123456789012", region: "eu-west-1" };
const planner = new Planner(apiGatewayResources, TARGET);

/** Checks `aws:apigateway/restApi:RestApi` by its short name, `restApi`. */
function check(short: string, inputs: Record<string, unknown>): ReturnType<Planner["check"]> {
  const type = `aws:apigateway/${short}:${short[0]!.toUpperCase()}${short.slice(1)}`;
  return planner.check({ urn: `urn:${short}`, type, name: short, inputs });
}

const api = check("restApi", { endpointConfiguration: { types: "REGIONAL" } }).resource!;
const restApi = api.id;
const { rootResourceId } = api.outputs;
const at = { restApi, resourceId: rootResourceId, httpMethod: "POST" };
const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:fn";
const uri = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
const integration = { ...at, type: "AWS_PROXY", integrationHttpMethod: "POST", uri };

describe("API Gateway resources", () => {
  it("have AWS's outputs", () => {
    expect(restApi).to.match(/^[a-z0-9]{10}$/);
    expect(api.outputs).to.include({
      arn: `arn:aws:apigateway:eu-west-1::/restapis/${restApi}`,
      executionArn: `arn:aws:execute-api:eu-west-1:123456789012:${restApi}`,
    });
    const stage = check("stage", { restApi, deployment: "d", stageName: "dev" }).resource!;
    expect(stage.outputs).to.include({
      arn: `arn:aws:apigateway:eu-west-1::/restapis/${restApi}/stages/dev`,
      executionArn: `arn:aws:execute-api:eu-west-1:123456789012:${restApi}/dev`,
      invokeUrl: `https://${restApi}.execute-api.eu-west-1.amazonaws.com/dev`,
    });
  });

  it("know their paths", () => {
    const orders = check("resource", { restApi, parentId: rootResourceId, pathPart: "orders" });
    expect(orders.resource!.outputs["path"]).to.equal("/orders");
    const parentId = orders.resource!.id;
    const one = check("resource", { restApi, parentId, pathPart: "{id}" });
    expect(one.resource!.outputs["path"]).to.equal("/orders/{id}");
  });

  it("of another deployment are another deployment (its triggers differ)", () => {
    const [first, same, other] = ["1", "1", "2"].map(
      (state) => check("deployment", { restApi, triggers: { state } }).resource!.id,
    );
    expect(first).to.equal(same).and.not.to.equal(other);
  });

  for (const [short, inputs, problem] of [
    ["restApi", { body: "{}" }, "does not model the property body"],
    ["restApi", { policy: "{}" }, "does not model the property policy"],
    ["restApi", { binaryMediaTypes: ["*/*"] }, "does not model the property binaryMediaTypes"],
    [
      "restApi",
      { endpointConfiguration: { types: "PRIVATE" } },
      "endpointConfiguration.types: must be REGIONAL or EDGE",
    ],
    [
      "resource",
      { restApi, parentId: rootResourceId, pathPart: "a/b" },
      "pathPart: must be one segment of a path",
    ],
    ["method", { ...at, authorization: "CUSTOM" }, "authorization: must be NONE or AWS_IAM"],
    [
      "method",
      { ...at, authorization: "NONE", apiKeyRequired: true },
      "apiKeyRequired: API keys are not modelled",
    ],
    [
      "method",
      { ...at, authorization: "NONE", requestParameters: { "method.request.body.a": true } },
      "requestParameters: may name method.request.header.X",
    ],
    ["integration", { ...integration, type: "MOCK" }, "type: must be AWS_PROXY"],
    ["integration", { ...integration, uri: functionArn }, "uri: must be the invokeArn"],
    [
      "integration",
      { ...integration, timeoutMilliseconds: 30_000 },
      "timeoutMilliseconds: must be at most 29000",
    ],
    ["integration", { ...integration, timeoutMilliseconds: 49 }, "timeoutMilliseconds"],
    ["integration", { ...integration, credentials: "arn" }, "the property credentials"],
    [
      "stage",
      { restApi, deployment: "d", stageName: "dev", canarySettings: {} },
      "the property canarySettings",
    ],
    ["stage", { restApi, deployment: "d", stageName: "a b" }, "stageName: must be 1 to 128"],
    [
      "methodSettings",
      { restApi, stageName: "dev", methodPath: "*/*", settings: { loggingLevel: "INFO" } },
      "settings.loggingLevel: must be OFF",
    ],
    [
      "methodSettings",
      { restApi, stageName: "dev", methodPath: "orders", settings: {} },
      "methodPath: must be */* or the path of a method",
    ],
  ] as const) {
    it(`refuse a ${short} of which "${problem}"`, () => {
      const { problems } = check(short, inputs);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.contain(problem);
    });
  }

  for (const [what, schema, problem] of [
    ["no JSON", "{", "JSON"],
    ["no object", "1", "a model is a JSON object"],
    ["no schema", { type: "number of things" }, "schema is invalid"],
    ["of another draft", { $schema: "http://json-schema.org/draft-07/schema#" }, "draft-04"],
    ["made of other models", { $ref: "https://apigateway.amazonaws.com/x" }, "other models"],
    ["with a format", { properties: { at: { format: "date-time" } } }, "use a pattern"],
    // Draft 6 made it a number; draft 4 knows it as a flag.
    ["with a later exclusiveMinimum", { exclusiveMinimum: 0 }, "schema is invalid"],
  ] as const) {
    it(`refuse a model that is ${what}`, () => {
      const text = typeof schema === "string" ? schema : JSON.stringify(schema);
      const inputs = { restApi, name: "M", contentType: "application/json", schema: text };
      const { problems } = check("model", inputs);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.contain("schema: is no usable model").and.to.contain(problem);
    });
  }

  it("refuse an access log whose lines cannot be told apart, or that goes elsewhere", () => {
    const logs = (destinationArn: string, format: string): readonly string[] =>
      check("stage", {
        ...{ restApi, deployment: "d", stageName: "dev" },
        accessLogSettings: { destinationArn, format },
      }).problems;
    const group = "arn:aws:logs:eu-west-1:123456789012:log-group:access";
    expect(logs(`${group}:*`, "$context.requestId")).to.deep.equal([]);
    expect(logs(group, "$context.status")[0]).to.contain("must contain $context.requestId");
    expect(logs(group, "$context.requestId\n")[0]).to.contain("must be a single line");
    expect(logs("arn:aws:firehose:x", "$context.requestId")[0]).to.contain("log group");
  });
});

describe("an API's limits within a program", () => {
  it("a method setting for one method may name its path with or without a slash", async () => {
    for (const methodPath of ["orders/GET", "/orders/GET", "~1orders/GET"]) {
      const throttling = { [methodPath]: { rate: 0, burst: 0 } };
      const account = await simulate(apiProgram({ methods: { "GET /orders": {} }, throttling }));
      expect((await send(account, "GET /orders")).status, methodPath).to.equal(429);
    }
  });
});
