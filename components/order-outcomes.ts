import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createKeepOutcomeHandler } from "../handlers/keep-outcome";
import { deadLetterQueue, NO_SOURCE_QUEUES } from "./dead-letter-queue";
import { FailureDestinations } from "./failure-destinations";
import { denyInsecureTransport, mayBeSentBy, policyDocument, queuePolicy } from "./resource-policy";
import { RestrictedFunction, type StackParts, type Statement } from "./restricted-function";

export interface OrderOutcomesArgs extends StackParts {
  readonly bus: aws.cloudwatch.EventBus;
}

/** Where an asynchronous invocation's record goes, and what the invoked function's role needs for it. */
interface Destination {
  readonly arn: pulumi.Output<string>;
  readonly statements: readonly Statement[];
}

/**
 * Where ProcessOrder's invocations end: records of failures in a queue, a topic (with a queue) or a bucket, which are
 * there whatever is chosen; records of successes, and the function and the bus as destinations, only when they are.
 */
export class OrderOutcomes extends pulumi.ComponentResource {
  readonly failures: FailureDestinations;
  readonly onFailure?: Destination;
  readonly onSuccess?: Destination;
  /** Of the function itself: the event alone, with attributes that say why. */
  readonly deadLetter?: Destination;
  /** Of successes; only with `onSuccess` sqs or sns. */
  readonly successQueue?: aws.sqs.Queue;

  constructor(
    private readonly prefix: string,
    private readonly args: OrderOutcomesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redrive:index:OrderOutcomes", prefix, {}, opts);
    const { bus, settings } = args;
    const { deadLetterQueue: deadLetter, onFailure, onSuccess } = settings.orders.process;

    const rule = onFailure === "eventbridge" ? this.failureRule() : undefined;
    this.failures = new FailureDestinations(
      `${prefix}-failure`,
      { settings, queueRuleArn: rule?.arn },
      { parent: this },
    );
    if (rule) this.keepFailures(rule);
    const viaFunction =
      onFailure === "lambda" || onSuccess === "lambda" ? this.outcomeFunction() : undefined;
    const viaBus = { arn: bus.arn, statements: [right("events:PutEvents", bus.arn)] };

    if (onFailure === "lambda") this.onFailure = viaFunction;
    else if (onFailure === "eventbridge") this.onFailure = viaBus;
    else this.onFailure = this.kept(onFailure);
    if (onSuccess === "lambda") this.onSuccess = viaFunction;
    else if (onSuccess === "eventbridge") this.onSuccess = viaBus;
    else if (onSuccess !== "none") {
      this.successQueue = this.successes();
      this.onSuccess =
        onSuccess === "sqs"
          ? this.toSuccesses(this.successQueue)
          : this.viaTopic(this.successQueue);
    }
    this.deadLetter = this.kept(deadLetter);
    this.registerOutputs({ failureQueueUrl: this.failures.queue.url });
  }

  private kept(kind: "none" | "sqs" | "sns" | "s3"): Destination | undefined {
    const arn = this.failures.arnOf(kind);
    return arn && { arn, statements: this.failures.statementsFor(kind) };
  }

  /** What the bus is told of failures; kept in the failures' queue. */
  private failureRule(): aws.cloudwatch.EventRule {
    const pattern = {
      source: ["lambda"],
      "detail-type": ["Lambda Function Invocation Result - Failure"],
    };
    return new aws.cloudwatch.EventRule(
      `${this.prefix}-failure-rule`,
      { eventBusName: this.args.bus.name, eventPattern: JSON.stringify(pattern) },
      { parent: this },
    );
  }

  private keepFailures(rule: aws.cloudwatch.EventRule): void {
    new aws.cloudwatch.EventTarget(
      `${this.prefix}-failure-target`,
      { eventBusName: rule.eventBusName, rule: rule.name, arn: this.failures.queue.arn },
      { parent: this, dependsOn: [this.failures] },
    );
  }

  private outcomeFunction(): Destination {
    const { queue } = this.failures;
    const { settings } = this.args;
    const keep = new RestrictedFunction(
      `${this.prefix}-outcome`,
      {
        handler: createKeepOutcomeHandler,
        packages: ["@aws-sdk/client-sqs"],
        settings: settings.orders.payment,
        stack: this.args,
        environment: { FAILURE_QUEUE_URL: queue.url },
        statements: [right("sqs:SendMessage", queue.arn)],
      },
      { parent: this },
    );
    const { arn } = keep.entry;
    return { arn, statements: [right("lambda:InvokeFunction", arn)] };
  }

  private successes(): aws.sqs.Queue {
    const name = `${this.prefix}-success-queue`;
    const { protectData } = this.args.settings;
    const args = { protectData, redriveAllowPolicy: NO_SOURCE_QUEUES };
    return deadLetterQueue(name, args, { parent: this });
  }

  private toSuccesses(queue: aws.sqs.Queue): Destination {
    queuePolicy(`${this.prefix}-success-queue-policy`, queue, [], { parent: this });
    return { arn: queue.arn, statements: [right("sqs:SendMessage", queue.arn)] };
  }

  private viaTopic(queue: aws.sqs.Queue): Destination {
    const child = { parent: this };
    const name = `${this.prefix}-success`;
    const topic = new aws.sns.Topic(`${name}-topic`, {}, child);
    const mayDeliver = mayBeSentBy("sns.amazonaws.com", topic.arn, queue.arn);
    const policy = queuePolicy(`${name}-queue-policy`, queue, [mayDeliver], child);
    new aws.sns.TopicPolicy(
      `${name}-topic-policy`,
      {
        arn: topic.arn,
        policy: policyDocument([denyInsecureTransport("sns:Publish", [topic.arn])]),
      },
      child,
    );
    new aws.sns.TopicSubscription(
      `${name}-subscription`,
      { topic: topic.arn, protocol: "sqs", endpoint: queue.arn },
      { ...child, dependsOn: [policy] },
    );
    return { arn: topic.arn, statements: [right("sns:Publish", topic.arn)] };
  }
}

function right(action: string, resource: pulumi.Input<string>): Statement {
  return { actions: [action], resources: [resource] };
}
