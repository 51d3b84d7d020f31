import type { Account, Write } from "./account";

/** Answers, each time it is called, the changes since the last time. For checks after every event. */
export function newWrites(account: Pick<Account, "writes">, table: string): () => readonly Write[] {
  let seen = 0;
  return () => {
    const writes = account.writes(table);
    if (writes.length === seen) return [];
    const more = writes.slice(seen);
    seen = writes.length;
    return more.filter(({ changed }) => changed);
  };
}
