import type { Account, Image, Write } from "../account";
import { newWrites } from "../new-writes";
import { addAggregate, addAll, addEntity, numberOf, rowSums, textOf, type Sums } from "./sums";
import type { Topology } from "./topology";

/**
 * Conservation, to be checked after every event of a run with the ledger: what the outbox rows add up to is
 * what the ledger holds; what the applied rows add up to is what the aggregates hold; no entity of the ledger
 * ever goes back. Only new writes are looked at, so that the check costs next to nothing.
 *
 * @returns the check: call it whenever it must hold. It throws what is violated.
 */
export function conservationCheck(
  account: Pick<Account, "writes">,
  topology: Topology,
): () => void {
  const newLedger = newWrites(account, topology.ledgerTableName);
  const newOutbox = newWrites(account, topology.outboxTableName);
  const newAggregates = newWrites(account, topology.aggregateTableName);
  // Differences instead of two sums each: conserved means empty.
  const owed: Sums = new Map();
  const unapplied: Sums = new Map();
  return () => {
    for (const write of newLedger()) {
      addEntity(owed, write.after, -1n);
      addEntity(owed, write.before, 1n);
      refuseStepBack(write);
    }
    for (const { before, after } of newOutbox()) {
      if (before === undefined && after !== undefined) addAll(owed, rowSums(after));
      if (after?.["appliedAt"] !== undefined && before?.["appliedAt"] === undefined) {
        addAll(unapplied, rowSums(after));
      }
    }
    const aggregates: Sums = new Map();
    for (const { before, after } of newAggregates()) addAggregate(aggregates, before, after);
    addAll(unapplied, aggregates, -1n);
    refuse(owed, "The outbox rows do not add up to what the ledger holds");
    refuse(unapplied, "The applied rows do not add up to what the aggregates hold");
  };
}

function refuse(difference: Sums, message: string): void {
  if (difference.size === 0) return;
  const groups = [...difference].map(([group, value]) => `${group}: ${value}`).slice(0, 5);
  throw new Error(`${message}; they differ by ${groups.join(", ")}.`);
}

function refuseStepBack({ before, after }: Write): void {
  if (before === undefined) return;
  const id = textOf(before, "id");
  if (after === undefined) throw new Error(`The ledger has forgotten ${id}.`);
  if (!isAbove(after, before)) throw new Error(`The ledger's ${id} went back, or did not move.`);
}

function isAbove(a: Image, b: Image): boolean {
  const versions = Number(numberOf(a, "version")) - Number(numberOf(b, "version"));
  return versions === 0 ? textOf(a, "contentHash") > textOf(b, "contentHash") : versions > 0;
}
