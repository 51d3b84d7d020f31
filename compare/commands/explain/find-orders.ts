import type { OrderClass } from "../../orders/classify";
import type { FinishedOrders, OrderFindings } from "../../orders/scoring";
import { Refusal } from "../../failure";

/** An intent, or a poison event, by its position. */
export type Found = { readonly intent: number } | { readonly poison: number };

type Kind = "dead-lettered" | "lost" | "duplicated" | "pending" | "refused" | "invalid" | "poison";

const CLASSES: Readonly<Partial<Record<Kind, OrderClass>>> = {
  "dead-lettered": "deadLettered.good",
  lost: "lost",
  pending: "pending",
  refused: "refused",
  invalid: "invalid",
};

const NAMED_MAX = 5;

/**
 * What an id means: an order id, a customer id, an intent's position, an Idempotency-Key, the id of a poison event,
 * or a kind, whose first is meant.
 *
 * @throws Refusal that names some orders that there are
 */
export function findOrders(run: FinishedOrders, found: OrderFindings, id: string): Found[] {
  const { intents, poison } = run.workload;
  const kinds = byKind(run, found);
  const first = kinds.get(id as Kind)?.[0];
  if (first !== undefined) return [first];
  const poisonAt = poison.findIndex(({ poisonId }) => poisonId === id);
  if (poisonAt >= 0) return [{ poison: poisonAt }];
  if (/^\d{1,9}$/.test(id) && Number(id) < intents.length) return [{ intent: Number(id) }];
  const named = intents.flatMap(({ customerId, index, key }) => {
    const isIt = customerId === id || key === id || found.index.ofIntent[index]!.includes(id);
    return isIt ? [{ intent: index }] : [];
  });
  if (named.length > 0) return named;
  throw new Refusal(unknownOrder(run, found, kinds, id));
}

function byKind({ workload }: FinishedOrders, { judged }: OrderFindings): Map<Kind, Found[]> {
  const kinds = new Map<Kind, Found[]>();
  for (const [kind, wanted] of Object.entries(CLASSES)) {
    const fitting = judged.flatMap((each, intent) => (each.class === wanted ? [{ intent }] : []));
    kinds.set(kind as Kind, fitting);
  }
  kinds.set(
    "duplicated",
    judged.flatMap(({ isTwice }, intent) => (isTwice ? [{ intent }] : [])),
  );
  kinds.set(
    "poison",
    workload.poison.map((_, poison) => ({ poison })),
  );
  return kinds;
}

function unknownOrder(
  { workload }: FinishedOrders,
  { index }: OrderFindings,
  kinds: ReadonlyMap<Kind, readonly Found[]>,
  id: string,
): string {
  const nameOf = (each: Found): string =>
    "intent" in each
      ? workload.intents[each.intent]!.customerId
      : workload.poison[each.poison]!.poisonId;
  const listed = [...kinds].map(([kind, all]) => {
    const more = all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : "";
    return `  ${kind}: ${all.slice(0, NAMED_MAX).map(nameOf).join(", ") || "none"}${more}`;
  });
  const order = index.ofIntent.flat()[0];
  return [
    `--record ${id}: no such order in this run. There are:`,
    ...listed,
    `Any intent from 0 to ${workload.intents.length - 1} will do, a customer id, an Idempotency-Key, an order id` +
      `${order === undefined ? "" : ` such as ${order}`}, or the name of a kind for its first.`,
  ].join("\n");
}
