import { expect } from "chai";
import { simulate, type SimulatedAws } from "../../../simulator";
import { apiProgram, said, send } from "./api-program";
import { deployed } from "./deployed-account";

const MISSING_TOKEN = '403 {"message":"Missing Authentication Token"}';
const TOO_MANY = '429 {"message":"Too Many Requests"}';

describe("a stage", () => {
  it("serves the snapshot of its deployment (what comes later takes another deployment)", async () => {
    const account = await simulate(apiProgram({ methods: { "GET /old": {} } }));
    const methods = { "GET /old": {}, "GET /new": {} };
    await account.update(apiProgram({ methods }));
    expect(said(await send(account, "GET /new"))).to.equal(MISSING_TOKEN);
    const changes = await account.update(apiProgram({ methods, deployment: "2" }));
    expect(changes.map(({ kind }) => kind)).to.deep.equal(["replace", "update"]);
    expect((await send(account, "GET /new")).status).to.equal(200);
    expect((await send(account, "GET /old")).status).to.equal(200);
  });

  it("serves methods as they were (a change in place is not served either)", async () => {
    const open = { "GET /it": {} };
    const closed = { "GET /it": { authorization: "AWS_IAM" } };
    const account = await simulate(apiProgram({ methods: open }));
    await account.update(apiProgram({ methods: closed }));
    expect((await send(account, "GET /it")).status).to.equal(200);
    await account.update(apiProgram({ methods: closed, deployment: "2" }));
    expect(said(await send(account, "GET /it"))).to.equal(MISSING_TOKEN);
  });

  it("keeps its snapshot when an update is refused", async () => {
    const account = await simulate(apiProgram({ methods: { "GET /old": {} } }));
    const update = account.update(
      apiProgram({
        methods: { "GET /old": {}, "GET /new": { requestModels: { "text/csv": "Missing" } } },
        deployment: "2",
      }),
    );
    const failure = await update.then(() => "accepted", String);
    expect(failure).to.contain("BadRequestException: Invalid model identifier specified: Missing");
    expect((await send(account, "GET /old")).status).to.equal(200);
    expect(said(await send(account, "GET /new"))).to.equal(MISSING_TOKEN);
  });

  it("goes with its API, and leaves nothing", async () => {
    const account = await simulate(apiProgram({ methods: { "GET /old": {} } }));
    const { url } = account.outputs;
    expect(await account.destroy()).to.deep.equal([]);
    const request = account.http({ method: "GET", url: String(url) });
    const failure = await request.catch((cause: unknown) => cause);
    expect(failure).to.include({ code: "ENOTFOUND" });
  });
});

describe("throttling", () => {
  const methods = { "GET /a": {}, "GET /b": {}, "GET /c/{id}": {} };
  const throttling = {
    "*/*": { rate: 1, burst: 2 },
    "c/{id}/GET": { rate: 0.5, burst: 1 },
  };
  let account: SimulatedAws;

  const statuses = async (...paths: readonly string[]): Promise<number[]> => {
    const answers: number[] = [];
    for (const path of paths) answers.push((await send(account, `GET ${path}`)).status);
    return answers;
  };

  before(async () => {
    account = await simulate(apiProgram({ methods, throttling }), {
      assumptions: { "latency.coldStartMs": 0 },
    });
  });

  it("is a token bucket for each method, filled at the rate", async () => {
    expect(await statuses("/a", "/a", "/a")).to.deep.equal([200, 200, 429]);
    expect(await statuses("/b")).to.deep.equal([200]);
    await account.advance({ seconds: 1 });
    expect(await statuses("/a", "/a")).to.deep.equal([200, 429]);
    await account.advance({ seconds: 100 });
    expect(await statuses("/a", "/a", "/a")).to.deep.equal([200, 200, 429]);
  });

  it("takes a method's own limits before the stage's", async () => {
    expect(await statuses("/c/1", "/c/2")).to.deep.equal([200, 429]);
    await account.advance({ seconds: 1 });
    expect(await statuses("/c/3")).to.deep.equal([429]);
    await account.advance({ seconds: 1 });
    expect(await statuses("/c/4")).to.deep.equal([200]);
  });

  it("says so, and neither runs nor bills anything", async () => {
    await account.advance({ seconds: 100 });
    await statuses("/a", "/a");
    const { length } = account.invocations("answer");
    const billed = account.usage["apigateway.requests"];
    const response = await send(account, "GET /a");
    expect(said(response)).to.equal(TOO_MANY);
    expect(response.headers["x-amzn-errortype"]).to.equal("TooManyRequestsException");
    expect(account.invocations("answer")).to.have.length(length);
    expect(account.usage["apigateway.requests"]).to.equal(billed);
  });

  it("holds for the whole account: 5,000 at once", async () => {
    const program = apiProgram({ methods: { "GET /a": { permitted: false } } });
    const { request } = await deployed(program, { "latency.apiMs": 0 });
    const sent = Array.from({ length: 5_010 }, () => ({ what: "GET /a" }));
    const answers = (await request(...sent)).map(({ status }) => status);
    expect(answers.filter((status) => status === 429)).to.have.length(10);
  });
});

describe("an access log", () => {
  const format = JSON.stringify({
    requestId: "$context.requestId",
    ip: "$context.identity.sourceIp",
    time: "$context.requestTime",
    what: "$context.httpMethod $context.resourcePath $context.path",
    status: "$context.status",
    length: "$context.responseLength",
    error: "$context.error.responseType",
    message: "$context.error.message",
    integration: "$context.integration.status $context.integrationStatus",
    principal: "$context.authorizer.principalId",
  });
  const program = apiProgram({
    methods: { "GET /a/{id}": {}, "POST /orders": { validates: { body: true } } },
    logFormat: format,
  });

  it("has a line for each answer, read as function logs are", async () => {
    const { account, request } = await deployed(program);
    const { cloudwatch } = account.services;
    await request({ what: "GET /a/1" });
    await request({ what: "POST /orders", body: '{"secret":1}' });
    await request({ what: "GET /nothing" });
    const lines = [...cloudwatch.logs("access")!.values()].flat();
    const [ok, bad, unknown] = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(ok).to.include({
      ip: "203.0.113.1",
      time: "01/Jan/2026:00:00:00 +0000",
      what: "GET /a/{id} /dev/a/1",
      status: "200",
      error: "-",
      integration: "200 200",
      principal: "-",
    });
    expect(ok!["requestId"]).to.match(/^[0-9a-f-]{36}$/);
    expect(bad).to.include({
      what: "POST /orders /dev/orders",
      status: "400",
      length: "34",
      error: "BAD_REQUEST_BODY",
      message: "Invalid request body",
      integration: "- -",
    });
    expect(lines[1]).not.to.contain("secret");
    expect(unknown).to.include({ status: "403", what: "GET - /dev/nothing" });
    expect(cloudwatch.logs("access")!.size).to.equal(1);
    expect(account.usage.snapshot()["logs.bytes"]).to.be.greaterThan(0);
  });

  it("starts with the program (the role that writes it comes first)", async () => {
    const account = await simulate(program);
    expect((await send(account, "GET /a/1")).status).to.equal(200);
  });
});
