import type { Invocation, SimulatedAws } from "../../../simulator";
import type { Write } from "../../account";
import type { OrderClass } from "../../orders/classify";
import type { FinishedOrders, OrderFindings } from "../../orders/scoring";
import { FUNCTIONS } from "../../orders/topology";
import { END_IN_WORDS } from "../../report/order-columns";
import { inOrder, type Life, type LifeStep } from "./life";
import { mappingLife } from "./mapping-life";

/** A finished run of the orders, in an account that tells more than scoring asks. */
export interface ExaminedOrders {
  readonly account: SimulatedAws;
  readonly run: FinishedOrders;
  readonly found: OrderFindings;
}

const END_OF_CLASS: Readonly<Record<OrderClass, string>> = {
  invalid: "The API refused it, as it had to.",
  refused: "It was never accepted, and nothing of it is anywhere.",
  processed: "It is processed: paid, and taken from the stock.",
  lost: "It is lost: it lacks an effect, and nothing keeps it.",
  "deadLettered.good": "It is in a dead letter, to be redriven.",
  "deadLettered.bad": "It is kept in dead letters, where it belongs: nothing can process it.",
  pending: "It is still on its way.",
};

const STAGES: Readonly<Record<string, string>> = {
  [FUNCTIONS.publish]: "PublishOrder",
  [FUNCTIONS.relay]: "Relay",
  [FUNCTIONS.process]: "ProcessOrder",
  [FUNCTIONS.payment]: "Payment",
  [FUNCTIONS.inventory]: "UpdateInventory",
};

/** What became of what one client wants, whatever orders it took. */
export function intentLife(examined: ExaminedOrders, index: number): Life {
  const { found, run } = examined;
  const { customerId, items, key, kind } = run.workload.intents[index]!;
  const orders = found.index.ofIntent[index]!;
  const judged = found.judged[index]!;
  const wants = items.map(({ productId, quantity }) => `${quantity} × ${productId}`).join(", ");
  return {
    name: customerId,
    about: [
      `Intent ${index}, ${kind}: ${wants || "a body that the API must refuse"}; Idempotency-Key ${key}.`,
      orders.length === 0 ? "No order came of it." : `Its orders: ${orders.join(", ")}.`,
    ],
    steps: inOrder([...requestSteps(examined, index), ...orderSteps(examined, orders)]),
    end: [
      END_OF_CLASS[judged.class],
      ...(judged.isTwice ? ["It had an effect more than once."] : []),
      ...(judged.isDeadThoughDone ? ["A dead letter asks again for what is done."] : []),
      ...(judged.isAnsweredWrongly ? ["Its client was told otherwise."] : []),
    ],
  };
}

/** What became of an event that no consumer can process. */
export function poisonLife(examined: ExaminedOrders, at: number): Life {
  const { poisonId } = examined.run.workload.poison[at]!;
  return {
    name: poisonId,
    about: ["An event of another producer, whose order id no consumer can read."],
    steps: inOrder(orderSteps(examined, [poisonId])),
    end: [END_OF_CLASS[examined.found.poison[at]!]],
  };
}

/** The client's attempts, and the runs of PublishOrder that they led to. */
function requestSteps({ account, run }: ExaminedOrders, index: number): LifeStep[] {
  const { body, key } = run.workload.intents[index]!;
  const attempts = run.sendings
    .filter(({ intent }) => intent === index)
    .flatMap(({ attempts: all }) =>
      all.map(({ orderId, startedAtMs, status }, at): LifeStep => {
        const answer = status === undefined ? "no answer within 8 s" : String(status);
        const order = orderId === undefined ? "" : ` ${orderId}`;
        const text = `POST, attempt ${at + 1}: ${answer}${order}`;
        return { atMs: startedAtMs, stage: "client", text, attempt: at + 1, outcome: answer };
      }),
    );
  const runs = account.invocations(FUNCTIONS.publish).filter(({ event }) => {
    const request = event as { body?: unknown; headers?: Readonly<Record<string, string>> };
    return request.body === body && request.headers?.["Idempotency-Key"] === key;
  });
  return [...attempts, ...runs.map((each) => runStep(FUNCTIONS.publish, each))];
}

/** Everything behind the API: outbox, bus, both consumers, effects and dead letters. */
function orderSteps(examined: ExaminedOrders, orders: readonly string[]): LifeStep[] {
  const ids = new Set(orders);
  return [
    ...outboxSteps(examined, ids),
    ...processSteps(examined, ids),
    ...inventorySteps(examined, ids),
    ...effectSteps(examined, ids),
    ...letterSteps(examined, ids),
  ];
}

function outboxSteps({ account, run }: ExaminedOrders, ids: ReadonlySet<string>): LifeStep[] {
  return account.writes(run.topology.ordersOutboxTableName).flatMap((write) => {
    const orderId = write.after?.["orderId"]?.S;
    // The clients' keys lie in the same table, and name their orders, too.
    const isOrder = orderId !== undefined && write.after?.["detail"] !== undefined;
    if (!isOrder || !ids.has(orderId) || !write.changed) return [];
    const isNew = write.before === undefined;
    const isPublished = !write.after?.["pending"] && write.before?.["pending"] !== undefined;
    if (!isNew && !isPublished) return [];
    const text = isNew ? `stores ${orderId} in the outbox` : `marks ${orderId} as published`;
    const stage = writerOf(account, write);
    const step = { atMs: write.atMs, stage, text, requestId: write.requestId };
    if (!isNew || write.stream === undefined) return [step];
    const recordId = write.stream.eventId;
    const nameOf = (id: string): string => `…${id.slice(-6)}`;
    return [
      step,
      ...mappingLife(account, { functionName: FUNCTIONS.relay, recordId, stage: "Relay", nameOf }),
    ];
  });
}

/** The event of the bus: its tries at targets, ProcessOrder's asynchronous queue, and the payments. */
function processSteps({ account, found }: ExaminedOrders, ids: ReadonlySet<string>): LifeStep[] {
  const steps: LifeStep[] = [];
  const attempts = new Map<string, number>();
  for (const run of account.invocations(FUNCTIONS.process)) {
    const told = found.deliveries.processed.get(run.requestId);
    if (told === undefined || !ids.has(told.orderId)) continue;
    const attempt = (attempts.get(run.requestId) ?? 0) + 1;
    attempts.set(run.requestId, attempt);
    steps.push(runStep(FUNCTIONS.process, run, attempt));
    if (attempt === 1) steps.push(...retriesOfRules(account, eventIdOf(run.event)));
  }
  for (const event of account.asynchronousEvents(FUNCTIONS.process)) {
    if (!attempts.has(event.requestId)) continue;
    const text = `${event.source} gives the event to its asynchronous queue`;
    steps.unshift({
      atMs: event.receivedAtMs,
      stage: "ProcessOrder",
      text,
      requestId: event.requestId,
    });
    if (event.ended === undefined || event.ended === "ok") continue;
    const gaveUp = `given up after ${event.attempts} ${event.attempts === 1 ? "run" : "runs"}: ${event.ended}`;
    const atMs = event.endedAtMs ?? account.now;
    steps.push({ atMs, stage: "ProcessOrder", text: gaveUp, requestId: event.requestId });
  }
  const payments = account
    .invocations(FUNCTIONS.payment)
    .filter(({ event }) => ids.has(String((event as { orderId?: unknown } | null)?.orderId)));
  return [...steps, ...payments.map((run) => runStep(FUNCTIONS.payment, run))];
}

function eventIdOf(event: unknown): string {
  return String((event as { id?: unknown } | null)?.id);
}

/** The trace names the event when a rule tries a target again. */
function retriesOfRules(account: SimulatedAws, eventId: string): LifeStep[] {
  return account.trace.entries
    .filter(({ label }) => label.startsWith("rule ") && label.includes(eventId))
    .map(({ atMs, label }) => ({
      atMs,
      stage: "bus",
      text: label.replace(` ${eventId}`, " the event"),
    }));
}

function inventorySteps({ account, found }: ExaminedOrders, ids: ReadonlySet<string>): LifeStep[] {
  const stage = "UpdateInventory";
  const { messages } = found.deliveries;
  const nameOf = (id: string): string => messages.get(id)?.orderId ?? id;
  const own = [...messages].flatMap(([id, told]) => (ids.has(told.orderId) ? [id] : []));
  const deliveries = own.flatMap((recordId) =>
    mappingLife(account, { functionName: FUNCTIONS.inventory, recordId, stage, nameOf }),
  );
  const moves = account.trace.entries.flatMap(({ atMs, label }) => {
    const id = /^sqs \S+: (\S+) moves to /.exec(label)?.[1];
    if (id === undefined || !own.includes(id)) return [];
    return [{ atMs, stage: "queue", text: "received too often: moved to the dead-letter queue" }];
  });
  return [...deliveries, ...moves];
}

function effectSteps({ account, run }: ExaminedOrders, ids: ReadonlySet<string>): LifeStep[] {
  const { ordersProcessedTableName, ordersReservedTableName } = run.topology;
  const tables = [
    [ordersProcessedTableName, "processed"],
    [ordersReservedTableName, "taken from the stock"],
  ] as const;
  return tables.flatMap(([table, effect]) =>
    account.writes(table).flatMap((write) => {
      const orderId = write.after?.["orderId"]?.S;
      if (!write.changed || orderId === undefined || !ids.has(orderId)) return [];
      const { atMs, requestId } = write;
      return [
        {
          atMs,
          stage: writerOf(account, write),
          text: `EFFECT: ${orderId} is ${effect}`,
          requestId,
        },
      ];
    }),
  );
}

/** Dead letters tell what ended them, and nothing of when: they stand at the end. */
function letterSteps({ account, found }: ExaminedOrders, ids: ReadonlySet<string>): LifeStep[] {
  return found.letters
    .filter(({ told }) => ids.has(told.orderId))
    .map(({ consumer, end, invoked }) => {
      const seen = invoked ? "" : ", and its function never ran with it";
      const who = consumer === "process" ? "ProcessOrder" : "UpdateInventory";
      const text = `a dead letter of ${who} holds it; ended by ${END_IN_WORDS[end]}${seen}`;
      return { atMs: account.now, stage: "dead letter", text };
    });
}

function runStep(functionName: string, run: Invocation, attempt?: number): LifeStep {
  const { error, outcome = "running", requestId, startedAt } = run;
  const why = error === undefined ? "" : ` (${error.errorMessage})`;
  const which = attempt === undefined ? "runs" : `runs, attempt ${attempt}`;
  const text = outcome === "throttled" ? "throttled: not run" : `${which}: ${outcome}${why}`;
  return { atMs: startedAt, stage: STAGES[functionName]!, text, attempt, outcome, requestId };
}

/** The stage whose function made a write. */
function writerOf(account: SimulatedAws, { requestId }: Pick<Write, "requestId">): string {
  for (const [name, stage] of Object.entries(STAGES)) {
    // A stack without an outbox has no relay.
    const isThere = account.trace.entries.length > 0 && hasFunction(account, name);
    if (isThere && account.invocations(name).some((run) => run.requestId === requestId))
      return stage;
  }
  return "someone";
}

function hasFunction(account: SimulatedAws, name: string): boolean {
  return name !== FUNCTIONS.relay || account.outputs["ordersRelayFunctionName"] !== undefined;
}
