/** The commands over HTTP with JSON, for the same program's command line on this machine, and nobody else. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Refusal } from "../../compare/failure";
import { ANSWERS } from "./answers";
import type { Session } from "./session";

export interface ControlServer {
  readonly port: number;
  close(): void;
}

/** Of a request's body: as many records as anybody puts at once. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Serves until it is closed. Commands are done one after the other, in the order in which they came.
 *
 * @param port of the loopback interface; 0 for any that is free
 * @throws an `Error` with the code `EADDRINUSE` if the port is taken
 */
export async function listenForCommands(session: Session, port: number): Promise<ControlServer> {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<object>): Promise<object> => {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  };
  const server = createServer((request, response) => {
    void answer(session, request, inTurn).then(({ body, status }) => send(response, status, body));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => closeNow(server) };
}

function closeNow(server: Server): void {
  server.close();
  server.closeAllConnections();
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

const STATUS = { ok: 200, forbidden: 403, unknown: 404, refused: 422, failed: 500 } as const;

async function answer(
  session: Session,
  request: IncomingMessage,
  inTurn: (work: () => Promise<object>) => Promise<object>,
): Promise<Reply> {
  const objection = objectionTo(request);
  if (objection !== undefined) return { status: STATUS.forbidden, body: { error: objection } };
  const name = (request.url ?? "").slice(1);
  const command = ANSWERS.get(name);
  if (!command) {
    const known = [...ANSWERS.keys()].join(", ");
    return { status: STATUS.unknown, body: { error: `No command ${name}. There are: ${known}.` } };
  }
  try {
    const asked = await bodyOf(request);
    return { status: STATUS.ok, body: await inTurn(() => command(session, asked)) };
  } catch (cause) {
    const { message, stack } = cause as Error;
    const isRefused = cause instanceof Refusal;
    const body = { error: message, ...(!isRefused && { stackTrace: stack }) };
    return { status: isRefused ? STATUS.refused : STATUS.failed, body };
  }
}

/**
 * Why a request is not from the command line. A web page may send requests to loopback addresses, but not without an
 * `Origin`; and one whose own name leads here has that name as `Host`.
 */
function objectionTo({ headers, method }: IncomingMessage): string | undefined {
  const host = (headers.host ?? "").replace(/:\d+$/, "");
  if (!LOOPBACK.includes(host)) return "Only requests to a loopback address are answered.";
  if (headers.origin !== undefined) return "Requests of web pages are not answered.";
  if (method !== "POST") return "Only POST requests are answered.";
  const type = headers["content-type"];
  return type === "application/json" ? undefined : "Only application/json is answered.";
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) {
      throw new Refusal(`A request has at most ${BODY_BYTES_MAX} bytes: put less at once.`);
    }
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as unknown;
  } catch {
    throw new Refusal("The request is no JSON.");
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
  response.end(JSON.stringify(body));
}
