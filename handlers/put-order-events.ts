import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { textFrom, wholeFrom } from "./environment";
import { codeOf } from "./failure";
import { logLine } from "./log";
import { ORDER_DETAIL_TYPE, ORDER_SOURCE } from "./order-messages";

/** EventBridge's limit on the entries of one request. */
export const ENTRIES_LIMIT = 10;

/** Time kept back for what comes after publishing. */
const RESERVED_MS = 1_000;

/**
 * Puts orders on the bus: their details, as JSON, {@link ENTRIES_LIMIT} at most. Resolves to the positions of those
 * that are not known to be there after the last attempt.
 */
export type PutOrderEvents = (
  details: readonly string[],
  remainingMs: () => number,
) => Promise<number[]>;

/**
 * Every entry's own outcome counts: a request can succeed while some of its entries do not. Only those are sent again.
 *
 * Environment: `BUS_NAME`, `PUBLISH_MAXIMUM_ATTEMPTS`, `PUBLISH_BASE_DELAY_MS`.
 */
export function createPutOrderEvents(connect = connectEventBridge): PutOrderEvents {
  const client = connect();
  const bus = textFrom("BUS_NAME");
  const maximumAttempts = wholeFrom("PUBLISH_MAXIMUM_ATTEMPTS");
  const baseDelayMs = wholeFrom("PUBLISH_BASE_DELAY_MS");

  /** The positions, among those given, that failed. */
  async function attempt(details: readonly string[], open: readonly number[]): Promise<number[]> {
    const entries = open.map((at) => ({
      EventBusName: bus,
      Source: ORDER_SOURCE,
      DetailType: ORDER_DETAIL_TYPE,
      Detail: details[at],
    }));
    try {
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
      const failed = open.filter((_, at) => Entries[at]?.EventId === undefined);
      if (failed.length > 0) {
        const code = Entries.find(({ EventId }) => EventId === undefined)?.ErrorCode;
        logLine("warn", "entries not published", { entries: failed.length, code });
      }
      return failed;
    } catch (error) {
      logLine("warn", "entries not published", { entries: open.length, code: codeOf(error) });
      return [...open];
    }
  }

  return async (details, remainingMs) => {
    let open = details.map((_, at) => at);
    for (let made = 1; open.length > 0; made += 1) {
      open = await attempt(details, open);
      const delayMs = baseDelayMs * 2 ** (made - 1);
      const waitMs = delayMs + Math.random() * delayMs;
      const isLast = made >= maximumAttempts || remainingMs() < waitMs + RESERVED_MS;
      if (open.length === 0 || isLast) break;
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(waitMs)));
    }
    return open;
  };
}

/** One attempt per call: the handler's own retries are the only ones. */
function connectEventBridge(): EventBridgeClient {
  return new EventBridgeClient({ maxAttempts: 1 });
}
