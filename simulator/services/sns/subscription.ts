import type { FilterPolicy } from "./filter-policy";

/** A subscription of a queue or a function. */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: "sqs" | "lambda";
  /** The ARN of the queue or the function. */
  readonly endpoint: string;
  readonly rawMessageDelivery: boolean;
  /** The queue that takes what cannot be delivered. */
  readonly deadLetterTargetArn?: string;
  /** Absent: everything is delivered. */
  readonly filterPolicy?: FilterPolicy;
}
