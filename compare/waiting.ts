import type { Account } from "./account";

/** Lets time pass up to a virtual instant, if it has not come yet. */
export async function waitUntil(account: Account, untilMs: number): Promise<void> {
  if (account.now < untilMs) await account.advance({ seconds: (untilMs - account.now) / 1000 });
}

/** Settles, or goes on with what is left pending when the time is over. */
export async function settleWithin(account: Account, withinSeconds: number): Promise<void> {
  const deadlineMs = account.now + Math.round(withinSeconds * 1000);
  try {
    await account.settle({ withinSeconds });
  } catch (cause) {
    // Before the deadline it is not the records that failed to settle, but the simulation.
    if (account.now < deadlineMs) throw cause;
  }
}
