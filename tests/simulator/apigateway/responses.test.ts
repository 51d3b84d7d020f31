import { expect } from "chai";
import { synthesize, type Deployment, type SimulatedAws } from "../../../simulator";
import { apiProgram, said, send } from "./api-program";

const BAD_GATEWAY = '502 {"message":"Internal server error"}';
const BROKEN = '500 {"message":"Internal server error"}';

const METHODS = {
  "POST /": {},
  "POST /short": { timeoutMilliseconds: 500 },
  "POST /unpermitted": { permitted: false },
  "POST /got": { integrationHttpMethod: "GET" },
};

describe("API Gateway's answers", () => {
  let deployment: Deployment;
  let account: SimulatedAws;

  before(async () => {
    deployment = await synthesize(apiProgram({ methods: METHODS }));
  });

  beforeEach(async () => {
    account = await deployment.start();
  });

  describe("a function's response", () => {
    const answer = (wanted: unknown): ReturnType<typeof send> =>
      send(account, "POST /", { answer: wanted });

    it("becomes the client's, with API Gateway's own headers", async () => {
      const response = await answer({ statusCode: 201, headers: { "X-A": "1" }, body: "made" });
      expect(said(response)).to.equal("201 made");
      expect(response.headers).to.include({ "content-type": "application/json", "x-a": "1" });
      expect(response.headers["x-amzn-requestid"]).to.match(/^[0-9a-f-]{36}$/);
      expect(response.headers["x-amz-apigw-id"]).to.match(/^[\w-]{15}=$/);
      expect(response.headers["x-amzn-trace-id"]).to.match(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
      expect(response.headers["date"]).to.equal("Thu, 01 Jan 2026 00:00:00 GMT");
    });

    it("needs no member but one: 200 and no body are assumed", async () => {
      expect(said(await answer({ headers: { a: "b" } }))).to.equal("200 ");
      expect(said(await answer({ headers: null, body: null }))).to.equal("200 ");
      expect(said(await answer({ statusCode: "201" }))).to.equal("201 ");
    });

    it("merges headers and multiValueHeaders (content type and renamed headers included)", async () => {
      const { headers } = await answer({
        headers: { "Content-Type": "text/plain", "X-A": "3", Date: "never", "X-Flag": true },
        multiValueHeaders: { "x-a": ["1", "2"], "x-b": ["3"] },
      });
      expect(headers).to.include({
        "content-type": "text/plain",
        "x-a": "1, 2, 3",
        "x-b": "3",
        "x-flag": "true",
        "x-amzn-remapped-date": "never",
      });
    });

    it("goes out in base64 as it is (there are no binary media types)", async () => {
      const response = await answer({ body: "aGVsbG8=", isBase64Encoded: true });
      expect(said(response)).to.equal("200 aGVsbG8=");
    });

    for (const [what, wanted] of Object.entries({
      "has another member": { statusCode: 200, body: "", cookies: [] },
      "is {}": {},
      "is a bare text": "hello",
      "is a list": [{ statusCode: 200 }],
      "is null": null,
      "has a status that is no number": { statusCode: "ok" },
      "has a status that HTTP does not have": { statusCode: 99 },
      "has multiValueHeaders that are no lists": { multiValueHeaders: { a: "b" } },
      "has headers that are no object": { headers: "a: b" },
      "has a header that is an object": { headers: { a: {} } },
      "has a body that is an object": { statusCode: 200, body: { a: 1 } },
    })) {
      it(`is malformed if it ${what}: 502`, async () => {
        const response = await answer(wanted);
        expect(said(response)).to.equal(BAD_GATEWAY);
        expect(response.headers["x-amzn-errortype"]).to.equal("InternalServerErrorException");
        expect(account.invocations("answer").map(({ outcome }) => outcome)).to.deep.equal(["ok"]);
      });
    }
  });

  describe("an integration", () => {
    const outcomes = (): unknown[] => account.invocations("answer").map(({ outcome }) => outcome);

    it("answers 502 for a handler that throws or times out", async () => {
      expect(said(await send(account, "POST /", { throw: "no" }))).to.equal(BAD_GATEWAY);
      expect(said(await send(account, "POST /", { sleepMs: 10_000 }))).to.equal(BAD_GATEWAY);
      expect(outcomes()).to.deep.equal(["error", "timeout"]);
    });

    it("answers 504 at its timeout, and the function runs on", async () => {
      const startMs = account.now;
      const wish = { sleepMs: 2000, answer: { statusCode: 200 } };
      const response = await send(account, "POST /short", wish);
      expect(said(response)).to.equal('504 {"message":"Endpoint request timed out"}');
      expect(account.now - startMs).to.be.within(505, 515);
      expect(outcomes()).to.deep.equal([undefined]);
      await account.settle({ withinSeconds: 10 });
      expect(outcomes()).to.deep.equal(["ok"]);
    });

    it("answers 500 without running the function (no permission for this method and path)", async () => {
      expect(said(await send(account, "POST /unpermitted", {}))).to.equal(BROKEN);
      expect(outcomes()).to.deep.equal([]);
    });

    it("answers 500 without running the function (its method is not POST)", async () => {
      expect(said(await send(account, "POST /got", {}))).to.equal(BROKEN);
      expect(outcomes()).to.deep.equal([]);
    });

    for (const status of [500, 502]) {
      it(`answers ${status} when Lambda throttles (assumption api.lambdaThrottled)`, async () => {
        account = await deployment.start({
          assumptions: { "api.lambdaThrottled": status },
          faults: [{ function: "answer", kind: "throttle" }],
        });
        const response = await send(account, "POST /", {});
        expect(said(response)).to.equal(`${status} {"message":"Internal server error"}`);
        expect(outcomes()).to.deep.equal(["throttled"]);
        expect(account.assumptionsUsed).to.include("api.lambdaThrottled");
      });
    }

    it("takes bodies up to 10 MB: 413", async () => {
      const response = await send(account, "POST /", "x".repeat(10 * 1024 * 1024 + 1));
      expect(said(response)).to.equal('413 {"message":"Request Too Long"}');
      expect(outcomes()).to.deep.equal([]);
    });

    it("refuses what Lambda would not take (assumption api.eventTooLarge)", async () => {
      const long = "x".repeat(6 * 1024 * 1024);
      expect((await send(account, "POST /", long)).status).to.equal(413);
      account = await deployment.start({ assumptions: { "api.eventTooLarge": 500 } });
      expect(said(await send(account, "POST /", long))).to.equal(BROKEN);
      expect(outcomes()).to.deep.equal([]);
    });
  });

  describe("faults of an API", () => {
    const responseLost = {
      function: "shop",
      kind: "response-lost",
      at: { invocation: 2 },
    } as const;

    it("lose the answer though the function ran (response-lost)", async () => {
      account = await deployment.start({ faults: [responseLost] });
      expect((await send(account, "POST /", {})).status).to.equal(200);
      const failure = await send(account, "POST /", {}).catch((cause: unknown) => cause);
      expect(failure).to.be.an("error").and.to.include({ code: "ECONNRESET" });
      expect((await send(account, "POST /", {})).status).to.equal(200);
      expect(account.invocations("answer")).to.have.length(3);
      expect(account.faults()).to.deep.equal([{ fault: responseLost, planned: 1, hit: 1 }]);
    });

    it("draw by what is sent: a repeated request has a draw of its own", async () => {
      const fault = { function: "shop", kind: "response-lost", probability: 0.5 } as const;
      const lostOf = async (bodies: readonly string[]): Promise<boolean[]> => {
        const started = await deployment.start({ faults: [fault] });
        const lost: boolean[] = [];
        for (const body of bodies) {
          lost.push(
            await send(started, "POST /", body).then(
              () => false,
              () => true,
            ),
          );
        }
        return lost;
      };
      const bodies = ["a", "b", "c", "d", "a", "a", "a", "a"];
      const lost = await lostOf(bodies);
      expect(new Set(lost.slice(4))).to.have.length(2);
      // What was sent before does not matter.
      expect(await lostOf(["b", "c", "d"])).to.deep.equal(lost.slice(1, 4));
    });

    it("throttle it for an interval", async () => {
      const until = account.now + 1000;
      account = await deployment.start({ faults: [{ function: "shop", kind: "throttle", until }] });
      expect(said(await send(account, "POST /", {}))).to.equal(
        '429 {"message":"Too Many Requests"}',
      );
      await account.advance({ seconds: 1 });
      expect((await send(account, "POST /", {})).status).to.equal(200);
    });

    it("are of no other kind", async () => {
      const kill = { function: "shop", kind: "kill", probability: 1 } as const;
      const failure = await deployment.start({ faults: [kill] }).catch((cause: unknown) => cause);
      expect(String(failure)).to.contain(
        "shop is an API: faults of an API are response-lost or throttle, not kill",
      );
    });
  });
});
