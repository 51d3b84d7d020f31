import type { Account, Mapping, MappingDecision } from "../account";
import { CONSUMER } from "./topology";

/** Decisions of the mapping after which it never delivers a record again. */
const FINAL = new Set(["ok", "checkpoint", "discard", "expired", "filtered", "dead-letter-lost"]);
/** Decisions after which a record was the function's. */
const TAKEN = new Set(["ok", "checkpoint"]);

/** What the mapping made of the records. */
export interface Fates {
  /** It may still deliver the record, or the window whose state stands for it. */
  readonly isWaiting: (eventId: string) => boolean;
  /** The function took it, but nobody ever wrote what it carried along of it. */
  readonly isTaken: (eventId: string) => boolean;
  /** Windows of a shard whose state is gone, without an invocation that took it. */
  readonly statesDropped: number;
}

/** @param isKept whether a record is still in the stream */
export function fatesOf(
  account: Pick<Account, "mappings">,
  isKept: (eventId: string) => boolean,
): Fates {
  const last = new Map<string, MappingDecision>();
  const closed = new Set<string>();
  let statesDropped = 0;
  for (const decision of decisionsOf(account.mappings())) {
    const { kind, recordIds, window } = decision;
    if (FINAL.has(kind)) for (const id of recordIds) last.set(id, decision);
    if (kind === "state-dropped") statesDropped += 1;
    const isEnd = kind === "state-dropped" || FINAL.has(kind);
    if (window?.isFinal && isEnd) closed.add(windowKey(decision));
  }
  return {
    isWaiting: (eventId) => {
      const decision = last.get(eventId);
      if (decision === undefined) return isKept(eventId);
      const isCarried = decision.window !== undefined && TAKEN.has(decision.kind);
      return isCarried && !closed.has(windowKey(decision));
    },
    isTaken: (eventId) => TAKEN.has(last.get(eventId)?.kind ?? ""),
    statesDropped,
  };
}

const decisionsOf = (mappings: readonly Mapping[]): readonly MappingDecision[] =>
  mappings.flatMap((mapping) => (mapping.function === CONSUMER ? mapping.decisions : []));

const windowKey = ({ shardId, window }: MappingDecision): string => `${shardId} ${window!.startMs}`;
