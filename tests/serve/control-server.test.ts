import { request, type OutgoingHttpHeaders } from "node:http";
import { expect } from "chai";
import { listenForCommands, type ControlServer } from "../../serve/service/control-server";
import { Session } from "../../serve/service/session";

interface Answer {
  readonly status: number | undefined;
  readonly error?: string;
}

describe("The control port", () => {
  let session: Session;
  let control: ControlServer;

  before(async () => {
    session = await Session.open({
      seed: 1,
      startAt: "2026-01-01T00:00:00Z",
      assumptions: {},
      region: "us-east-1",
      port: 0,
    });
    control = await listenForCommands(session, 0);
  });

  after(() => {
    control.close();
    session.close();
  });

  function send(
    headers: OutgoingHttpHeaders,
    { body = "{}", method = "POST", path = "/status" } = {},
  ): Promise<Answer> {
    const asked = { "Content-Type": "application/json", ...headers };
    return new Promise((resolve, reject) => {
      const target = { host: "127.0.0.1", port: control.port, path, method, headers: asked };
      const call = request({ ...target, agent: false }, (response) => {
        let text = "";
        response.on("data", (part: Buffer) => (text += part.toString()));
        response.on("end", () => {
          const { error } = JSON.parse(text) as { error?: string };
          resolve({ status: response.statusCode, ...(error !== undefined && { error }) });
        });
      });
      call.on("error", reject);
      call.end(body);
    });
  }

  for (const host of ["127.0.0.1:7341", "localhost:7341", "localhost", "[::1]:7341"]) {
    it(`answers a request to ${host}`, async () => {
      expect(await send({ Host: host })).to.deep.equal({ status: 200 });
    });
  }

  for (const host of ["example.com", "example.com:7341", "127.0.0.1.example.com", "localhost.x"]) {
    it(`refuses a request to ${host}: its name may be anybody's`, async () => {
      expect(await send({ Host: host })).to.deep.equal({
        status: 403,
        error: "Only requests to a loopback address are answered.",
      });
    });
  }

  for (const origin of ["https://example.com", "http://localhost:7341", "null"]) {
    it(`refuses a request of a page of ${origin}`, async () => {
      expect(await send({ Origin: origin })).to.deep.equal({
        status: 403,
        error: "Requests of web pages are not answered.",
      });
    });
  }

  it("refuses what a form or a link could send", async () => {
    expect(await send({ "Content-Type": "text/plain" })).to.include({ status: 403 });
    expect(await send({}, { method: "GET", body: "" })).to.include({ status: 403 });
  });

  it("says which commands there are", async () => {
    expect(await send({}, { path: "/stop" })).to.deep.equal({
      status: 404,
      error:
        "No command stop. There are: status, put, advance, settle, invocations, table, messages, workload.",
    });
  });

  it("refuses a request that is none", async () => {
    expect(await send({}, { body: "{" })).to.deep.equal({
      status: 422,
      error: "The request is no JSON.",
    });
    const { error, status } = await send({}, { path: "/advance", body: '{"seconds":-1}' });
    expect(status).to.equal(422);
    expect(error).to.match(/seconds/);
  });
});
