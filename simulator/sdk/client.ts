import type { Account } from "../services/account";
import { NotModelledError, ServiceError } from "../services/errors";
import type { RandomStream } from "../kernel/random";
import { uuidOf } from "../kernel/random";
import type { Service } from "../services/service";
import { StandardRetries, type RetryTime } from "./retry";
import type { Endpoint, Reply, Transport } from "./transport";

/** The parts of an SDK v3 client that matter here. */
export interface SdkClient {
  readonly config: { readonly serviceId: string };
  readonly middlewareStack: { add(middleware: never, options: object): void };
}

/** The SDK's own exception classes, by service: what `instanceof` in a handler tests against. */
type ExceptionClass = new (options: Record<string, unknown>) => Error;
export type ExceptionClasses = Readonly<Record<string, unknown>>;

/** What a client is tied to. */
export interface Connection {
  readonly account: Account;
  readonly transport: Transport;
  readonly endpoint: Endpoint;
  readonly time: RetryTime;
  /** Draws idempotency tokens. */
  readonly tokens: RandomStream;
  /** Attempts per call, the first included. */
  readonly maxAttempts: number;
  /** Asked for once the service is known to be there. */
  readonly exceptions: () => ExceptionClasses;
}

/** Every setting that a client would otherwise read from the environment or from `~/.aws`. */
export function injectedSettings(region: string): Record<string, unknown> {
  return {
    region,
    credentials: { accessKeyId: "AKIASIMULATED", secretAccessKey: "simulated" },
    maxAttempts: 1,
    retryMode: "standard",
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    accountIdEndpointMode: "disabled",
    defaultsMode: "standard",
    userAgentAppId: "redrive",
    logger: undefined,
    // The usual one costs most of what making a client costs, with agents and sockets for nothing.
    requestHandler: { handle: refuseToSend },
    // One chain of middleware per command class, not per call: half the cost of a call.
    cacheMiddleware: true,
  };
}

function refuseToSend(): never {
  throw new Error("A request was about to leave the simulated account.");
}

/** Attempts that a client makes unless it is told otherwise. Source: the SDK's runtime configuration. */
export function defaultMaxAttempts(serviceId: string): number {
  return serviceId === "DynamoDB" ? 4 : 3;
}

/** Members that the SDK fills with a random UUID when the caller leaves them out. */
const IDEMPOTENCY_TOKENS: Readonly<Record<string, string>> = {
  "DynamoDB.TransactWriteItems": "ClientRequestToken",
};

/** What an operation answers. It may name its own request id and status, as Invoke does. */
type Answer = object & { readonly $metadata?: object };

type Handler = (request: { input: object }) => Promise<unknown>;

/**
 * Ties a real SDK v3 client to the account. Commands are taken over in the client's `initialize` step:
 * nothing is serialized, signed or sent, inputs are copied as sending would have done, and errors are the
 * SDK's own exceptions.
 *
 * @throws NotModelledError for a service that the account does not have.
 */
export function connect(client: SdkClient, connection: Connection): void {
  const { account, endpoint, tokens, transport } = connection;
  const { serviceId } = client.config;
  const service = serviceOf(account, serviceId);
  const exceptions = connection.exceptions();
  const retries = new StandardRetries(connection.maxAttempts, connection.time);
  const middleware =
    (_next: Handler, context: { commandName: string }): Handler =>
    async ({ input }) => {
      const name = context.commandName.replace(/Command$/, "");
      const copy = withToken(`${serviceId}.${name}`, copyInput(input) as object, tokens);
      const requestId = transport.nextRequestId();
      const attempt = async (): Promise<Reply> => {
        const reply = await transport.call(service, name, copy, endpoint);
        if ("output" in reply) return reply;
        return { error: toSdkException(reply.error, exceptions, requestId) };
      };
      const { reply, attempts, totalRetryDelay } = await retries.run(attempt);
      if ("error" in reply) throw afterAttempts(reply.error, attempts, totalRetryDelay);
      const { $metadata: own }: Answer = reply.output;
      const metadata = { httpStatusCode: 200, requestId, attempts, totalRetryDelay, ...own };
      return { output: { ...reply.output, $metadata: metadata }, response: {} };
    };
  client.middlewareStack.add(middleware as never, {
    name: "simulatedAccount",
    step: "initialize",
    priority: "high",
    override: true,
  });
}

function serviceOf(account: Account, serviceId: string): Service {
  const services = Object.values(account.services as unknown as Record<string, Service>);
  const service = services.find((candidate) => candidate.serviceId === serviceId);
  if (service) return service;
  const known = services.map((candidate) => candidate.serviceId).join(", ");
  throw new NotModelledError(
    `The simulated account has no service ${serviceId}; it has ${known}. ` +
      `Test code that needs it on a deployed stack.`,
  );
}

/** A deep copy, as sending would make one: later changes by the caller must not be seen. */
export function copyInput(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Date) return new Date(value.getTime());
  if (Array.isArray(value)) return value.map(copyInput);
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) copy[key] = copyInput(member);
  }
  return copy;
}

function withToken(label: string, input: object, tokens: RandomStream): object {
  const member = IDEMPOTENCY_TOKENS[label];
  if (!member || (input as Record<string, unknown>)[member] !== undefined) return input;
  return { ...input, [member]: newToken(tokens) };
}

/** From 62 bits: half as many would give two of some ten thousand transactions the same token. */
function newToken(tokens: RandomStream): string {
  return uuidOf(`${tokens.integer(0, 0x7fffffff)} ${tokens.integer(0, 0x7fffffff)}`);
}

/** The SDK notes on the last error what it took to get there. */
function afterAttempts(cause: unknown, attempts: number, totalRetryDelay: number): unknown {
  const error = cause as { $metadata?: object };
  if (error.$metadata) Object.assign(error.$metadata, { attempts, totalRetryDelay });
  return cause;
}

function toSdkException(cause: unknown, exceptions: ExceptionClasses, requestId: string): unknown {
  if (!(cause instanceof ServiceError)) return cause;
  const $metadata = {
    httpStatusCode: cause.statusCode,
    requestId,
    attempts: 1,
    totalRetryDelay: 0,
  };
  const $fault = cause.statusCode >= 500 ? "server" : "client";
  const options = { message: cause.message, $metadata, $fault, name: cause.code };
  const found = exceptions[cause.code] ?? exceptions[baseException(exceptions)];
  if (typeof found !== "function") return Object.assign(cause, options);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const exception = new (found as ExceptionClass)({ ...options, ...cause.members });
  Error.stackTraceLimit = limit;
  exception.name = cause.code;
  return Object.assign(exception, { $metadata, $fault }, cause.members);
}

/** `DynamoDBServiceException`, `KinesisServiceException`, …: for errors without a class of their own. */
function baseException(exceptions: ExceptionClasses): string {
  return Object.keys(exceptions).find((name) => name.endsWith("ServiceException")) ?? "";
}
