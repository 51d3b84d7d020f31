import type { Account } from "../services/account";
import { ServiceError } from "../services/errors";
import type { RandomStream } from "../kernel/random";
import { PENDING, type Call, type Caller, type Operation, type Service } from "../services/service";

/** What a fault does to one call. */
export interface CallFate {
  /** The caller's side never hears of the effect: it sees a broken connection. */
  responseLost?: boolean;
  /** The service answers with this error, after the effect or instead of it. */
  serviceError?: { code: string; effect: boolean };
  /** The request is refused on arrival. */
  rejection?: ServiceError;
  /** The answer is held back until this instant. */
  answerNotBeforeMs?: number;
}

/**
 * What comes back from a call. A refusal is a value: thrown from function to function, it would cost more than
 * the rest of the call, and conditional writes are refused by the million.
 */
export type Reply = { readonly output: object } | { readonly error: unknown };

/** One side of a conversation with the account: a sandbox, or a test. */
export interface Endpoint {
  /** Who speaks, at this instant. */
  caller(): Caller;
  /** Hands over an answer; may hold it back while the caller is frozen, drops it when gone. */
  deliver(answer: () => void): void;
  /** Called as a request leaves. `undefined`: nothing leaves, the caller has just been killed. */
  depart?(operation: string, input: object): CallFate | undefined;
  /** Called when an operation has taken effect. */
  tookEffect?(operation: string, output: object): void;
}

/**
 * Carries calls from clients to services in virtual time. A call leaves at one instant, takes effect at a
 * later one and is answered at a third; in between, its caller may time out or die.
 */
export class Transport {
  readonly #jitter: RandomStream;
  #requests = 0;

  constructor(private readonly account: Account) {
    this.#jitter = account.random.stream("latency");
  }

  /** Shaped as AWS's; no two are the same in one account. */
  nextRequestId(): string {
    const ordinal = (++this.#requests).toString(16).padStart(12, "0");
    return `00000000-0000-4000-8000-${ordinal}`;
  }

  /** Never rejects; never resolves if the caller is gone. */
  call(service: Service, name: string, input: object, endpoint: Endpoint): Promise<Reply> {
    const { kernel } = this.account;
    const operation = service.operations[name];
    const label = `${service.serviceId}.${name}`;
    return new Promise((resolve) => {
      if (!operation) {
        resolve({
          error: new ServiceError("NotModelled", notModelled(label), { statusCode: 501 }),
        });
        return;
      }
      const fate = endpoint.depart ? endpoint.depart(name, input) : {};
      if (!fate) return;
      const roundTripMs = this.#roundTripMs(name, service);
      const outwardMs = Math.floor(roundTripMs / 2);
      const homewardMs = roundTripMs - outwardMs;
      const answer = (reply: Reply): void => {
        const atMs = Math.max(kernel.now + homewardMs, fate.answerNotBeforeMs ?? 0);
        kernel.at(atMs, `${label} answered`, () => endpoint.deliver(() => resolve(reply)));
      };
      // What the service says is replaced whether the call succeeded or not: a lost refusal is lost, too.
      const fail = (error: Error): void => answer({ error: errorInstead(fate) ?? error });
      const succeed = (output: object): void => {
        endpoint.tookEffect?.(name, output);
        const error = errorInstead(fate);
        answer(error ? { error } : { output });
      };
      const call: Call = { caller: endpoint.caller(), operation: label, succeed, fail };
      kernel.after(outwardMs, `${label} arrives`, () => {
        this.#arrive(operation, input, call, fate);
      });
    });
  }

  #arrive(operation: Operation, input: object, call: Call, fate: CallFate): void {
    const { kernel } = this.account;
    try {
      if (fate.rejection) throw fate.rejection;
      this.#authorize(operation, input, call);
      if (fate.serviceError && !fate.serviceError.effect)
        throw serviceFault(fate.serviceError.code);
      const workMs = operation.begin?.(input as never, call) ?? 0;
      if (workMs === 0) this.#execute(operation, input, call);
      else {
        kernel.after(workMs, `${call.operation} takes effect`, () =>
          this.#execute(operation, input, call),
        );
      }
    } catch (cause) {
      call.fail(cause as Error);
    }
  }

  #authorize(operation: Operation, input: object, call: Call): void {
    if (call.caller.kind === "administrator") return;
    for (const required of operation.permissions(input as never, this.account)) {
      this.account.services.iam.authorize(call.caller, required);
    }
  }

  #execute(operation: Operation, input: object, call: Call): void {
    try {
      const output = operation.execute(input as never, call);
      if (output !== PENDING) call.succeed(output);
    } catch (cause) {
      call.fail(cause as Error);
    }
  }

  #roundTripMs(name: string, service: Service): number {
    const put = service.serviceId === "Kinesis" && name.startsWith("Put");
    const meanMs = this.account.assumptions.number(put ? "latency.kinesisPutMs" : "latency.callMs");
    return jittered(meanMs, this.#jitter);
  }
}

/** `meanMs` ± 50 %, a whole number. */
export function jittered(meanMs: number, stream: RandomStream): number {
  return stream.integer(Math.ceil(meanMs / 2), Math.floor(meanMs * 1.5));
}

/** What the caller hears in place of the service's answer; undefined where a fault does not touch it. */
function errorInstead({ responseLost, serviceError }: CallFate): Error | undefined {
  if (serviceError) return serviceFault(serviceError.code);
  return responseLost ? connectionReset() : undefined;
}

function serviceFault(code: string): ServiceError {
  const statusCode = /Internal|Unavailable/.test(code) ? 500 : 400;
  return new ServiceError(code, "A fault of the plan.", { statusCode });
}

/** What Node's HTTP client reports for a connection that breaks before the answer. */
export function connectionReset(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

function notModelled(label: string): string {
  return (
    `${label} is not modelled by the simulated account. ` +
    `Use another operation, or test this call on a deployed stack.`
  );
}
