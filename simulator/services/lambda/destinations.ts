import { jittered } from "../../sdk/transport";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { MessageAttributes } from "../sqs/service";
import { DESTINATION_ACTIONS, destinationKind } from "./destination-permissions";
import { ASYNCHRONOUS_PAYLOAD_BYTES_MAX } from "./payload";
import type { DeadLetter } from "./mappings/dead-letter";

/** What is sent to a queue, a topic, a bucket, a function or an event bus. */
export interface Letter {
  /** The message's body, the notification's text, the object's content. */
  readonly text: string;
  readonly attributes?: MessageAttributes;
  /** The object's key; without it, buckets are refused. */
  readonly s3Key?: string;
  /** The record of an asynchronous invocation; without it, functions and event buses are refused. */
  readonly record?: {
    /** The function it is about, as it was invoked. */
    readonly functionArn: string;
    /** The same, with `$LATEST` where there was no qualifier. */
    readonly qualifiedArn: string;
    /** For fault draws of the function that it is sent to. */
    readonly identity: string;
    readonly succeeded: boolean;
    readonly value: object;
  };
}

/**
 * Sends a letter a moment later, with the rights of a function's role. `done` hears whether it was taken: there is
 * no second attempt.
 */
export function deliverText(
  account: Account,
  roleArn: string,
  destinationArn: string,
  letter: Letter,
  done: (error?: Error) => void,
): void {
  const latency = account.random.stream("latency");
  const delayMs = jittered(account.assumptions.number("latency.callMs"), latency);
  const what = letter.record ? "record" : "dead letter";
  account.kernel.after(delayMs, `${what} to ${destinationArn}`, () => {
    let failure: Error | undefined;
    try {
      write(account, roleArn, destinationArn, letter);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      failure = cause;
    }
    done(failure);
  });
}

/**
 * Writes the dead letter of a stream to a queue, a topic or a bucket. Queues and topics get the record alone, buckets
 * the payload too. Source: "Retain discarded records with an on-failure destination".
 */
export function deliverDeadLetter(
  account: Account,
  roleArn: string,
  destinationArn: string,
  { payload, record, s3Key }: DeadLetter,
  done: (error?: Error) => void,
): void {
  // As documented, the payload is a text that holds JSON.
  const content = destinationArn.startsWith("arn:aws:s3:")
    ? { ...record, payload: JSON.stringify(payload()) }
    : record;
  deliverText(account, roleArn, destinationArn, { text: JSON.stringify(content), s3Key }, done);
}

function write(account: Account, roleArn: string, arn: string, letter: Letter): void {
  const { s3, sns, sqs } = account.services;
  const { attributes, record, s3Key, text } = letter;
  const kind = destinationKind(arn);
  const options = { from: { callerArn: roleArn }, ...(attributes && { attributes }) };
  if (kind === "sqs") sqs.deliver(arn, text, options);
  else if (kind === "sns") sns.deliver(arn, text, options);
  else if (kind === "s3" && s3Key !== undefined) s3.put(arn, s3Key, text, roleArn);
  else if (kind === "lambda" && record) invoke(account, roleArn, arn, text, record);
  else if (kind === "events" && record) putEvent(account, roleArn, arn, record);
  else throw new ServiceError("InvalidParameterValueException", `Unsupported destination: ${arn}`);
}

function invoke(
  { services: { iam, lambda } }: Account,
  roleArn: string,
  functionArn: string,
  text: string,
  { functionArn: sourceArn, identity }: NonNullable<Letter["record"]>,
): void {
  const role = { kind: "role", arn: roleArn } as const;
  iam.authorize(role, { action: DESTINATION_ACTIONS.lambda, resource: functionArn });
  lambda.get(functionArn);
  if (Buffer.byteLength(text) > ASYNCHRONOUS_PAYLOAD_BYTES_MAX) {
    const message = `The record is larger than ${ASYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes.`;
    throw new ServiceError("RequestEntityTooLargeException", message, { statusCode: 413 });
  }
  lambda.invokeAsync({
    functionName: functionArn,
    event: () => JSON.parse(text) as unknown,
    recordCount: 1,
    identity,
    source: `destination of ${sourceArn}`,
    onOutcome: () => {},
  });
}

/** The envelope is recorded from AWS: the bus itself is the first of the resources. */
function putEvent(
  { services: { eventbridge, iam } }: Account,
  roleArn: string,
  busArn: string,
  { qualifiedArn, succeeded, value }: NonNullable<Letter["record"]>,
): void {
  const role = { kind: "role", arn: roleArn } as const;
  iam.authorize(role, { action: DESTINATION_ACTIONS.events, resource: busArn });
  eventbridge.receive(busArn, {
    source: "lambda",
    detailType: `Lambda Function Invocation Result - ${succeeded ? "Success" : "Failure"}`,
    detail: value,
    resources: [busArn, qualifiedArn],
  });
}
