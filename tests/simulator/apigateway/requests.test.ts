import { expect } from "chai";
import { synthesize, type Deployment, type SimulatedAws } from "../../../simulator";
import { apiProgram, said, send } from "./api-program";

const MISSING_TOKEN = '403 {"message":"Missing Authentication Token"}';
const INVALID_BODY = '400 {"message":"Invalid request body"}';

const METHODS = {
  "GET /": {},
  "GET /pets/{id}": {},
  "GET /pets/mine": {},
  "ANY /files/{proxy+}": {},
  "PUT /files/{proxy+}": {},
  "POST /orders": { validates: { body: true } },
  "POST /both/{issuer}": {
    validates: { body: true, parameters: true },
    requestParameters: {
      "method.request.querystring.qs1": true,
      "method.request.querystring.maybe": false,
      "method.request.path.issuer": true,
      "method.request.header.x-header-param": true,
    },
  },
  // Requires a path parameter that its path does not have.
  "POST /never": {
    validates: { parameters: true },
    requestParameters: { "method.request.path.issuer": true },
  },
  "POST /unvalidated": {},
  "POST /secure/{what}": { authorization: "AWS_IAM" },
};

interface ProxyEvent {
  readonly resource: string;
  readonly path: string;
  readonly pathParameters: Record<string, string> | null;
  readonly requestContext: Record<string, unknown> & { identity: Record<string, unknown> };
  readonly [member: string]: unknown;
}

describe("API Gateway's requests", () => {
  let deployment: Deployment;
  let account: SimulatedAws;

  /** The event that the function got last. */
  const lastEvent = (): ProxyEvent => account.invocations("answer").at(-1)!.event as ProxyEvent;

  before(async () => {
    deployment = await synthesize(apiProgram({ methods: METHODS, variables: { color: "blue" } }));
  });

  beforeEach(async () => {
    account = await deployment.start();
  });

  describe("a route", () => {
    for (const [sent, resource, pathParameters] of [
      ["GET ", "/", null],
      ["GET /", "/", null],
      ["GET /pets/7", "/pets/{id}", { id: "7" }],
      ["GET /pets/7/", "/pets/{id}", { id: "7" }],
      ["GET /pets/mine", "/pets/mine", null],
      ["GET /pets/a%2Bb", "/pets/{id}", { id: "a%2Bb" }],
      ["DELETE /files/a/b.txt", "/files/{proxy+}", { proxy: "a/b.txt" }],
      ["PUT /files/a", "/files/{proxy+}", { proxy: "a" }],
    ] as const) {
      it(`is ${resource} for ${sent}`, async () => {
        const { body, status } = await send(account, sent);
        expect(status).to.equal(200);
        const event = JSON.parse(body) as ProxyEvent;
        expect(event).to.deep.include({ resource, pathParameters });
        expect(event.path).to.equal(sent.split(" ")[1] || "/");
      });
    }

    it("that is not there is answered 403 (path, method, parent of a greedy one, empty parameter)", async () => {
      for (const sent of [
        "GET /nothing",
        "POST /pets/7",
        "GET /files",
        "GET /files/",
        "GET /pets//",
      ]) {
        expect(said(await send(account, sent)), sent).to.equal(MISSING_TOKEN);
      }
      expect(account.usage["apigateway.requests"]).to.equal(undefined);
    });

    it("of a stage that is not there is answered 403", async () => {
      const url = String(account.outputs.url).replace("/dev", "/test");
      const response = await account.http({ method: "GET", url });
      expect(said(response)).to.equal('403 {"message":"Forbidden"}');
      expect(response.headers["x-amzn-errortype"]).to.equal("ForbiddenException");
    });

    it("elsewhere is no business of the account", async () => {
      const failureOf = async (url: string): Promise<unknown> =>
        account.http({ method: "GET", url }).catch((cause: unknown) => cause);
      expect(await failureOf("https://example.com/dev")).to.include({ name: "NotModelledError" });
      expect(await failureOf("nonsense")).to.include({ name: "NotModelledError" });
      const url = "https://gone.execute-api.us-east-1.amazonaws.com/dev";
      expect(await failureOf(url)).to.include({ code: "ENOTFOUND" });
    });
  });

  describe("the event of a proxy integration", () => {
    it("is AWS's", async () => {
      const startMs = account.now;
      await send(account, "POST /unvalidated?a=1&a=2&b=x%20y", "text", {
        headers: {
          "X-One": "1",
          "x-many": ["1", "2"],
          "User-Agent": "test",
          "Content-Length": "4",
        },
      });
      const { headers, multiValueHeaders, requestContext, ...event } = lastEvent();
      const host = `${String(account.outputs.apiId)}.execute-api.us-east-1.amazonaws.com`;
      expect(event).to.deep.equal({
        resource: "/unvalidated",
        path: "/unvalidated",
        httpMethod: "POST",
        queryStringParameters: { a: "2", b: "x y" },
        multiValueQueryStringParameters: { a: ["1", "2"], b: ["x y"] },
        pathParameters: null,
        stageVariables: { color: "blue" },
        body: "text",
        isBase64Encoded: false,
      });
      const trace = (headers as Record<string, string>)["X-Amzn-Trace-Id"];
      expect(headers).to.deep.equal({
        "X-One": "1",
        "x-many": "2",
        "User-Agent": "test",
        Host: host,
        "X-Amzn-Trace-Id": trace,
        "X-Forwarded-For": "203.0.113.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
      });
      expect(multiValueHeaders).to.deep.include({ "x-many": ["1", "2"], Host: [host] });
      const {
        deploymentId,
        extendedRequestId,
        requestId,
        requestTimeEpoch,
        resourceId,
        ...context
      } = requestContext;
      expect([deploymentId, requestId, resourceId].every((id) => typeof id === "string")).to.equal(
        true,
      );
      expect(extendedRequestId).to.match(/=$/);
      expect(Number(requestTimeEpoch) - startMs).to.be.within(2, 8);
      expect(context).to.deep.equal({
        accountId: "123456789012",
        apiId: account.outputs.apiId,
        domainName: host,
        domainPrefix: account.outputs.apiId,
        httpMethod: "POST",
        identity: {
          accessKey: null,
          accountId: null,
          caller: null,
          cognitoAuthenticationProvider: null,
          cognitoAuthenticationType: null,
          cognitoIdentityId: null,
          cognitoIdentityPoolId: null,
          principalOrgId: null,
          sourceIp: "203.0.113.1",
          user: null,
          userAgent: "test",
          userArn: null,
        },
        path: "/dev/unvalidated",
        protocol: "HTTP/1.1",
        requestTime: "01/Jan/2026:00:00:00 +0000",
        resourcePath: "/unvalidated",
        stage: "dev",
      });
    });

    it("has null for what was not sent", async () => {
      await send(account, "GET /");
      expect(lastEvent()).to.deep.include({
        queryStringParameters: null,
        multiValueQueryStringParameters: null,
        pathParameters: null,
        body: null,
      });
    });
  });

  describe("a validator", () => {
    for (const [what, body] of [
      ["that breaks the model", { quantity: "1" }],
      ["at an excluded minimum (draft 4)", { quantity: 0 }],
      ["without a required member", {}],
      ["that is no JSON", "{"],
      ["that is not there", undefined],
    ] as const) {
      it(`refuses a body ${what}, without detail, and the function never runs`, async () => {
        const response = await send(account, "POST /orders", body);
        expect(said(response)).to.equal(INVALID_BODY);
        expect(response.headers["x-amzn-errortype"]).to.equal("BadRequestException");
        await account.settle({ withinSeconds: 10 });
        expect(account.invocations("answer")).to.deep.equal([]);
      });
    }

    it("lets a fitting body through, further members included", async () => {
      const body = { quantity: 1, note: "thanks" };
      expect((await send(account, "POST /orders", body)).status).to.equal(200);
    });

    it("looks only at content types that have a model (parameters of the type do not matter)", async () => {
      const contentTypes = {
        "application/json; charset=utf-8": 400,
        "Application/JSON": 400,
        "text/plain": 200,
      };
      for (const [contentType, status] of Object.entries(contentTypes)) {
        const response = await send(account, "POST /orders", "?", {
          headers: { "content-type": contentType },
        });
        expect(response.status, contentType).to.equal(status);
      }
    });

    it("names missing parameters: headers, path, query", async () => {
      const order = { quantity: 1 };
      expect(said(await send(account, "POST /both/me", order))).to.equal(
        '400 {"message":"Missing required request parameters: [x-header-param, qs1]"}',
      );
      expect(said(await send(account, "POST /never", {}))).to.equal(
        '400 {"message":"Missing required request parameters: [issuer]"}',
      );
      const blank = { headers: { "X-Header-Param": " " } };
      expect(said(await send(account, "POST /both/me?qs1=1", order, blank))).to.equal(
        '400 {"message":"Missing required request parameters: [x-header-param]"}',
      );
      const given = { headers: { "X-Header-Param": "1" } };
      expect((await send(account, "POST /both/me?qs1=1", order, given)).status).to.equal(200);
    });

    it("looks at parameters before the body (assumption api.validationOrder)", async () => {
      expect(said(await send(account, "POST /both/me", {}))).to.contain("[x-header-param, qs1]");
      expect(account.assumptionsUsed).to.include("api.validationOrder");
      account = await deployment.start({ assumptions: { "api.validationOrder": "body-first" } });
      expect(said(await send(account, "POST /both/me", {}))).to.equal(INVALID_BODY);
    });

    it("that a method does not have refuses nothing", async () => {
      expect((await send(account, "POST /unvalidated", "{")).status).to.equal(200);
    });
  });

  describe("AWS_IAM authorisation", () => {
    it("refuses an unsigned request", async () => {
      const response = await send(account, "POST /secure/door", {});
      expect(said(response)).to.equal(MISSING_TOKEN);
      expect(response.headers["x-amzn-errortype"]).to.equal("MissingAuthenticationTokenException");
    });

    it("refuses a role that may not invoke, with IAM's message", async () => {
      const { apiId, strangerArn } = account.outputs;
      const response = await send(account, "POST /secure/door", {}, { as: String(strangerArn) });
      expect(response.status).to.equal(403);
      expect(JSON.parse(response.body)).to.deep.equal({
        Message:
          "User: arn:aws:sts::123456789012:assumed-role/stranger/stranger is not authorized to " +
          "perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:" +
          `${String(apiId)}/dev/POST/secure/door because no identity-based policy allows the ` +
          "execute-api:Invoke action",
      });
      expect(response.headers["x-amzn-errortype"]).to.equal("AccessDeniedException");
      expect(account.usage["apigateway.requests"]).to.equal(undefined);
    });

    it("refuses a role that is not there", async () => {
      const as = "arn:aws:iam::123456789012:role/nobody";
      expect(said(await send(account, "POST /secure/door", {}, { as }))).to.equal(
        '403 {"message":"The security token included in the request is invalid."}',
      );
    });

    it("tells the function who called (a role that may, the administrator)", async () => {
      const as = String(account.outputs.clientArn);
      expect((await send(account, "POST /secure/door", {}, { as })).status).to.equal(200);
      const { caller, ...identity } = lastEvent().requestContext.identity;
      expect(caller).to.match(/^AROA\w+:client$/);
      expect(identity).to.include({
        accountId: "123456789012",
        user: caller,
        userArn: "arn:aws:sts::123456789012:assumed-role/client/client",
      });
      const administrator = "arn:aws:iam::123456789012:user/administrator";
      await send(account, "POST /secure/door", {}, { as: administrator });
      expect(lastEvent().requestContext.identity).to.include({ userArn: administrator });
    });

    it("is not asked for where a method has none", async () => {
      const as = String(account.outputs.strangerArn);
      expect((await send(account, "POST /unvalidated", {}, { as })).status).to.equal(200);
      expect(lastEvent().requestContext.identity).to.include({ userArn: null, caller: null });
    });
  });

  describe("requests", () => {
    it("are counted where AWS bills them: not refused callers, not what is throttled", async () => {
      await send(account, "GET /");
      await send(account, "POST /orders", "{");
      await send(account, "POST /secure/door");
      expect(account.usage["apigateway.requests"]).to.equal(2);
    });

    it("sent together share time (assumption latency.apiMs)", async () => {
      account = await deployment.start({ assumptions: { "latency.apiMs": 100 } });
      const startMs = account.now;
      await Promise.all([send(account, "GET /nothing"), send(account, "GET /nothing")]);
      expect(account.now - startMs).to.be.within(50, 150);
    });

    it("give the same trace for the same seed", async () => {
      const hashOf = async (seed: number): Promise<string> => {
        const started = await deployment.start({ seed });
        await Promise.all(["a", "b", "c"].map((body) => send(started, "POST /unvalidated", body)));
        return started.trace.hash;
      };
      expect(await hashOf(1)).to.equal(await hashOf(1));
      expect(await hashOf(2)).not.to.equal(await hashOf(1));
    });
  });
});
