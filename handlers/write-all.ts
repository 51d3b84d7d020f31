/** What was not written: the first write that is open, and why. */
export interface Unwritten {
  readonly index: number;
  readonly cause: unknown;
}

/**
 * Carries out writes, in order. Throttled ones do not keep the others from being tried: if all are throttled, that is
 * the answer, for the batch comes back after a longer wait than an invocation has; if some passed, the rest is tried
 * again until it has passed or the invocation nears its end.
 *
 * @param writes each safe to repeat
 * @returns undefined when all are written
 */
export type WriteAll = (
  writes: readonly (() => Promise<void>)[],
  remainingMs: () => number,
) => Promise<Unwritten | undefined>;

const ROUNDS = 6;
const DELAY_MS = 200;
/** Kept back for the answer: a write that is cut off by a timeout only makes a zombie. */
const RESERVED_MS = 2_000;

export function createWriteAll(): WriteAll {
  const throttles = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
  ];

  /** Contention of transactions counts as well: it passes by itself, too. */
  function isThrottle(error: unknown): boolean {
    const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
    return code === "CONTENTION" || throttles.includes(String(name));
  }

  return async (writes, remainingMs) => {
    let open = [...writes.keys()];
    let passed = 0;
    let cause: unknown;
    for (let round = 0; round < ROUNDS; round += 1) {
      const throttled: number[] = [];
      for (const index of open) {
        try {
          await writes[index]!();
          passed += 1;
        } catch (error) {
          if (!isThrottle(error)) return { index: throttled[0] ?? index, cause: error };
          throttled.push(index);
          cause = error;
        }
      }
      if (throttled.length === 0) return undefined;
      open = throttled;
      const delayMs = Math.ceil(Math.random() * DELAY_MS * 2 ** round);
      if (passed === 0 || remainingMs() < delayMs + RESERVED_MS) break;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
    return { index: open[0]!, cause };
  };
}
