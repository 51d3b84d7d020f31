import type { AssumptionValues } from "../../../simulator/assumptions";
import { FaultPlan, type Fault } from "../../../simulator/kernel/faults";
import type { Resource } from "../../../simulator/services/service";
import { ACCOUNT_ID, documentOf, REGION } from "../iam/account-fixture";
import { arnOf as queueArn, QueueWorld } from "../sqs/world";

const EVENTS = `arn:aws:events:${REGION}:${ACCOUNT_ID}`;
export const BUS = `${EVENTS}:event-bus/orders`;
export const RULE = `${EVENTS}:rule/orders/placed`;
export const ARCHIVE = `${EVENTS}:archive/kept`;
export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:process`;
export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT_ID}:news`;

export const PLACED = { source: ["shop"], "detail-type": ["placed"] };

/** The longest that a delivery takes at first, in seconds. */
export const LATENCY_SECONDS = 0.15;

export const textAttribute = (StringValue: string) => ({ DataType: "String", StringValue });

/** Lets EventBridge write to a queue, or to a topic, for any rule or for one. */
export const mayWrite = (action: string, resource: string, sourceArn?: string): string =>
  documentOf({
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: action,
    Resource: resource,
    ...(sourceArn && { Condition: { ArnEquals: { "aws:SourceArn": sourceArn } } }),
  });

export interface PutEvent {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly [name: string]: unknown;
}

interface PutResult {
  readonly FailedEntryCount: number;
  readonly Entries: { EventId?: string; ErrorCode?: string; ErrorMessage?: string }[];
}

/** An account with a bus `orders`, a rule `placed` on it and the queues `inbox` and `dead`. */
export class BusWorld extends QueueWorld {
  readonly faults: FaultPlan;
  readonly rule: Resource;

  constructor(
    options: { readonly assumptions?: AssumptionValues; readonly faults?: readonly Fault[] } = {},
  ) {
    super(options.assumptions);
    this.faults = new FaultPlan(options.faults ?? [], this.random);
    this.deploy("aws:cloudwatch/eventBus:EventBus", "orders", { name: "orders" });
    this.rule = this.deployRule("placed", { eventPattern: JSON.stringify(PLACED) });
    for (const name of ["inbox", "dead"]) {
      this.queue(name, { policy: mayWrite("sqs:SendMessage", queueArn(name)) });
    }
    this.lambda.functions.add(FUNCTION);
    this.lambda.permitted.add(`${FUNCTION} events.amazonaws.com ${RULE}`);
  }

  get eventbridge() {
    return this.services.eventbridge;
  }

  deployRule(name: string, inputs: Record<string, unknown>): Resource {
    const onBus = { name, eventBusName: "orders", ...inputs };
    return this.deploy("aws:cloudwatch/eventRule:EventRule", name, onBus);
  }

  /** A target of `placed`, unless `inputs` says otherwise. */
  target(targetId: string, arn: string, inputs: Record<string, unknown> = {}): Resource {
    return this.deploy("aws:cloudwatch/eventTarget:EventTarget", targetId, {
      ...{ rule: "placed", eventBusName: "orders", targetId, arn },
      ...inputs,
    });
  }

  events<Output = Record<string, unknown>>(operation: string, input: object, as?: string) {
    return this.call<Output>(this.eventbridge, operation, input, as);
  }

  /** Puts events as they are. */
  putEntries(entries: readonly PutEvent[], as?: string): Promise<PutResult> {
    return this.events<PutResult>("PutEvents", { Entries: entries }, as);
  }

  /** Puts `placed` events on `orders`, one for each detail. Resolves to their ids. */
  async put(...details: object[]): Promise<string[]> {
    const { Entries } = await this.putEntries(details.map((detail) => placed(detail)));
    return Entries.map(({ EventId }) => EventId!);
  }

  /** Lets events reach their targets. */
  async arrive(): Promise<void> {
    await this.advance(LATENCY_SECONDS);
  }

  /** What is in a queue, parsed; looking changes nothing. */
  parsed(name: string): Record<string, unknown>[] {
    return this.services.sqs
      .messagesOf(queueArn(name))
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  /** The attributes of what is in a queue. */
  attributes(name: string): Record<string, string>[] {
    return this.services.sqs.messagesOf(queueArn(name)).map(({ attributes }) => {
      const texts = Object.entries(attributes).map(([key, { StringValue }]) => [key, StringValue]);
      return Object.fromEntries(texts) as Record<string, string>;
    });
  }
}

export const placed = (detail: object, more: object = {}): PutEvent => ({
  ...{ EventBusName: "orders", Source: "shop", DetailType: "placed" },
  Detail: JSON.stringify(detail),
  ...more,
});
