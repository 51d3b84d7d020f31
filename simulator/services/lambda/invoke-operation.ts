import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import { PENDING, type Call, type Operation } from "../service";
import type { LambdaFunction } from "./function";
import { parseFunctionName, withQualifier } from "./function-name";
import type { Invocation } from "./invocation";
import { responsePayloadOf } from "./invocation-record";
import { blob, checkPayload, textOf } from "./payload";
import type { Lambda } from "./service";

interface InvokeInput {
  readonly FunctionName: string;
  readonly InvocationType?: string;
  readonly Payload?: Uint8Array | string;
  readonly Qualifier?: string;
}

/** `Invoke`, as a caller outside the account makes it, or a function. */
export function invokeOperation(lambda: Lambda): Operation {
  return {
    permissions: ({ FunctionName, Qualifier }: InvokeInput) => [
      {
        action: "lambda:InvokeFunction",
        resource: lambda.arnOf(withQualifier(FunctionName, Qualifier)),
      },
    ],
    execute: (input: InvokeInput, call: Call) => invoke(lambda, input, call),
  };
}

function invoke(lambda: Lambda, input: InvokeInput, call: Call): object | typeof PENDING {
  const modelled = ["FunctionName", "InvocationType", "Payload", "Qualifier"];
  refuseUnmodelled("Lambda.Invoke", input, modelled);
  const name = withQualifier(input.FunctionName, input.Qualifier);
  const { fn } = lambda.get(name);
  const { qualifier } = parseFunctionName(name);
  const functionName = withQualifier(fn.settings.functionName, qualifier);
  const text = textOf(input.Payload);
  const type = input.InvocationType ?? "RequestResponse";
  if (type === "DryRun") return { StatusCode: 204 };
  checkPayload(text, type === "Event" ? "Event" : "RequestResponse");
  const base = {
    functionName,
    event: () => JSON.parse(text) as unknown,
    recordCount: 1,
    identity: `${type} ${functionName}`,
    source: `Invoke (${type})`,
  };
  if (type === "Event") {
    const requestId = lambda.invokeAsync({ ...base, onOutcome: () => {} });
    return { StatusCode: 202, Payload: blob(""), $metadata: { requestId, httpStatusCode: 202 } };
  }
  lambda.invoke({ ...base, onOutcome: (invocation) => answer(invocation, fn, call) });
  return PENDING;
}

function answer(invocation: Invocation, { reservedConcurrency }: LambdaFunction, call: Call): void {
  const { outcome, requestId, version } = invocation;
  if (outcome === "throttled") {
    const reserved = reservedConcurrency === undefined ? "" : "ReservedFunction";
    call.fail(
      new ServiceError("TooManyRequestsException", "Rate Exceeded.", {
        statusCode: 429,
        members: { Reason: `${reserved}ConcurrentInvocationLimitExceeded` },
      }),
    );
    return;
  }
  call.succeed({
    StatusCode: 200,
    ExecutedVersion: version,
    $metadata: { requestId },
    ...(outcome !== "ok" && { FunctionError: "Unhandled" }),
    Payload: blob(JSON.stringify(responsePayloadOf(invocation))),
  });
}
