import { ACCOUNT_ID, REGION, TestAccount } from "../iam/account-fixture";

/** A message as ReceiveMessage answers it, everything asked for. */
export interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly MD5OfMessageAttributes?: string;
  readonly Attributes?: Record<string, string>;
  readonly MessageAttributes?: Record<string, unknown>;
}

export const arnOf = (name: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`;
export const urlOf = (name: string): string =>
  `https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}/${name}`;

/** An account with queues, and short words for what tests do with them. */
export class QueueWorld extends TestAccount {
  queue(name: string, inputs: Record<string, unknown> = {}) {
    return this.deploy("aws:sqs/queue:Queue", name, { name, ...inputs });
  }

  sqs<Output = Record<string, unknown>>(operation: string, input: object, as?: string) {
    return this.call<Output>(this.services.sqs, operation, input, as);
  }

  send(name: string, body: string, more: object = {}) {
    return this.sqs<{ MessageId: string; SequenceNumber?: string }>("SendMessage", {
      QueueUrl: urlOf(name),
      MessageBody: body,
      ...more,
    });
  }

  async receive(name: string, more: object = {}): Promise<Received[]> {
    const { Messages } = await this.sqs<{ Messages?: Received[] }>("ReceiveMessage", {
      QueueUrl: urlOf(name),
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
      ...more,
    });
    return Messages ?? [];
  }

  async bodies(name: string, more: object = {}): Promise<string[]> {
    return (await this.receive(name, more)).map(({ Body }) => Body);
  }

  delete(name: string, ReceiptHandle: string) {
    return this.sqs("DeleteMessage", { QueueUrl: urlOf(name), ReceiptHandle });
  }

  /** Visible, in flight, delayed. */
  async counts(name: string): Promise<number[]> {
    const { Attributes = {} } = await this.sqs<{ Attributes?: Record<string, string> }>(
      "GetQueueAttributes",
      { QueueUrl: urlOf(name), AttributeNames: ["All"] },
    );
    return ["", "NotVisible", "Delayed"].map((suffix) =>
      Number(Attributes[`ApproximateNumberOfMessages${suffix}`]),
    );
  }
}

export const redriveTo = (name: string, maxReceiveCount: number): string =>
  JSON.stringify({ deadLetterTargetArn: arnOf(name), maxReceiveCount });
