import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { ORDER_DETAIL_TYPE, ORDER_SOURCE } from "../../handlers/order-messages";
import type { Account } from "../account";
import type { OrderTopology } from "./topology";
import type { VirtualTimers } from "./virtual-timers";
import type { OrderWorkload, PoisonEvent } from "./workload";

/** DynamoDB's limit on one request. */
const ITEMS_PER_WRITE = 25;
const PUTS_MAX = 10;

/** What the run itself does to the account, besides ordering. */
export class Disturbances {
  #open = 0;
  #failure: unknown;

  constructor(
    private readonly account: Account,
    private readonly topology: OrderTopology,
    private readonly timers: VirtualTimers,
  ) {}

  /** @throws what one of them failed with */
  get isDone(): boolean {
    if (this.#failure !== undefined) throw this.#failure as Error;
    return this.#open === 0;
  }

  start({ poison, policyOutageMs }: OrderWorkload, startMs: number): void {
    for (const event of poison) this.#at(startMs + event.atMs, () => this.#publish(event));
    if (policyOutageMs === undefined) return;
    const { from, until } = policyOutageMs;
    let policy = "";
    this.#at(startMs + from, async () => (policy = await this.#changePolicy("")));
    this.#at(startMs + until, () => this.#changePolicy(policy));
  }

  /** Answers the policy that was there before. */
  async #changePolicy(Policy: string): Promise<string> {
    const sqs = this.account.client(SQSClient);
    const QueueUrl = this.topology.ordersQueueUrl;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Policy"] }),
    );
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    return Attributes?.["Policy"] ?? "";
  }

  #at(atMs: number, act: () => Promise<unknown>): void {
    this.timers.at(atMs, () => {
      this.#open += 1;
      act().then(
        () => (this.#open -= 1),
        (cause: unknown) => (this.#failure ??= cause),
      );
    });
  }

  /** The other producer looks at its entry's own outcome, too. */
  async #publish({ detail }: PoisonEvent): Promise<void> {
    const bus = this.account.client(EventBridgeClient);
    const entry = {
      EventBusName: this.topology.ordersBusName,
      Source: ORDER_SOURCE,
      DetailType: ORDER_DETAIL_TYPE,
      Detail: detail,
    };
    for (let puts = 0; puts < PUTS_MAX; puts += 1) {
      const { FailedEntryCount } = await bus.send(new PutEventsCommand({ Entries: [entry] }));
      if (FailedEntryCount === 0) return;
    }
    throw new Error(`The bus refused an event ${PUTS_MAX} times.`);
  }
}

/** Puts the products on stock, before anybody orders. */
export async function seedStock(
  account: Account,
  { ordersStockTableName }: OrderTopology,
  { stock }: OrderWorkload,
): Promise<void> {
  const client = account.client(DynamoDBClient);
  const requests = [...stock].map(([productId, quantity]) => ({
    PutRequest: { Item: { productId: { S: productId }, quantity: { N: String(quantity) } } },
  }));
  for (let from = 0; from < requests.length; from += ITEMS_PER_WRITE) {
    const RequestItems = { [ordersStockTableName]: requests.slice(from, from + ITEMS_PER_WRITE) };
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems }));
    if (Object.keys(UnprocessedItems ?? {}).length > 0) {
      throw new Error("The stock table took some products only.");
    }
  }
}
