import type { Account } from "../account";
import type { Deliveries } from "./deliveries";
import type { Consumer } from "./order-events";
import { FUNCTIONS } from "./topology";

/** Decisions of a mapping after which its queue still holds a message. */
const WAITING = new Set(["send", "throttled", "returned", "unsent", "undeleted"]);

/**
 * Orders, and poison events, that a consumer can still be given: Lambda has the event, or the queue the message.
 * A message in a dead-letter queue looks the same here: whoever asks looks there first. Messages that the queue's
 * retention ended are none of these: the run lasts longer, and they are not delivered any more.
 */
export function deliverableIn(
  account: Pick<Account, "asynchronousEvents" | "mappings" | "now">,
  { messages, processed }: Deliveries,
  messageRetentionMs: number,
): Readonly<Record<Consumer, ReadonlySet<string>>> {
  const process = new Set<string>();
  for (const { ended, requestId } of account.asynchronousEvents(FUNCTIONS.process)) {
    const told = processed.get(requestId);
    if (ended === undefined && told !== undefined) process.add(told.orderId);
  }
  const firstMs = new Map<string, number>();
  const waiting = new Set<string>();
  for (const mapping of account.mappings()) {
    if (mapping.function !== FUNCTIONS.inventory) continue;
    for (const { atMs, kind, recordIds } of mapping.decisions) {
      for (const id of recordIds) {
        if (!firstMs.has(id)) firstMs.set(id, atMs);
        if (WAITING.has(kind)) waiting.add(id);
        else waiting.delete(id);
      }
    }
  }
  const inventory = new Set<string>();
  for (const id of waiting) {
    const told = messages.get(id);
    const isThere = account.now - firstMs.get(id)! < messageRetentionMs;
    if (isThere && told !== undefined) inventory.add(told.orderId);
  }
  return { process, inventory };
}
