import { jittered } from "../../sdk/transport";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { DeadLetter } from "./mappings/dead-letter";

/**
 * Writes a dead letter to a queue, a topic or a bucket, with the rights of the function's role. Queues and topics get
 * the record alone, buckets the payload too. Source: "Retain discarded records with an on-failure destination".
 */
export function deliverDeadLetter(
  account: Account,
  roleArn: string,
  destinationArn: string,
  deadLetter: DeadLetter,
  done: (error?: Error) => void,
): void {
  const latency = account.random.stream("latency");
  const delayMs = jittered(account.assumptions.number("latency.callMs"), latency);
  account.kernel.after(delayMs, `dead letter to ${destinationArn}`, () => {
    let failure: Error | undefined;
    try {
      write(account, roleArn, destinationArn, deadLetter);
    } catch (cause) {
      failure = cause as Error;
    }
    done(failure);
  });
}

function write(account: Account, roleArn: string, arn: string, deadLetter: DeadLetter): void {
  const { s3, sns, sqs } = account.services;
  const service = arn.split(":")[2];
  const text = JSON.stringify(deadLetter.record);
  const from = { callerArn: roleArn };
  if (service === "sqs") sqs.deliver(arn, text, { from });
  else if (service === "sns") sns.deliver(arn, text, { from });
  else if (service === "s3") {
    // As documented, the payload is a text that holds JSON.
    const payload = JSON.stringify(deadLetter.payload());
    s3.put(arn, deadLetter.s3Key, JSON.stringify({ ...deadLetter.record, payload }), roleArn);
  } else {
    throw new ServiceError("InvalidParameterValueException", `Unsupported destination: ${arn}`);
  }
}
