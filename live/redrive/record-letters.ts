import type { RedriveEnvironment } from "./environment";
import { failureOf } from "./invoke";
import type { Journal } from "./journal";
import type { LetterOf } from "./letter";
import type { Kept } from "./kept";

type RecordLetter = LetterOf<"record">;

/**
 * Gives records that lie whole in queues to their consumer again, in the order of their shards, each alone. They keep
 * the names that Kinesis gave them: a consumer with idempotency leaves alone what it has done. That a record was put
 * aside counts as done, too, as long as its letter lies there; that it is taken out is said in the event (`redrive`).
 *
 * @returns the letters that stay
 */
export async function replayRecords(
  environment: RedriveEnvironment,
  journal: Journal,
  letters: readonly RecordLetter[],
): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const same of eachOnce(letters)) {
    const [{ functionName, record }] = same as [RecordLetter];
    const event = { Records: [record], redrive: true };
    const failure = await failureOf(environment, functionName, event);
    if (failure !== undefined) {
      kept.push(...same.map(({ place }) => ({ letter: place.name, items: 1, why: failure.why })));
      continue;
    }
    journal.accept("functionRecords", [record.eventID]);
    for (const { isOwn, place } of same) {
      await place.remove();
      if (isOwn) journal.taken.push(record.eventID);
    }
  }
  return kept;
}

/** Letters of one record together: what puts them there may do so twice. */
function eachOnce(letters: readonly RecordLetter[]): RecordLetter[][] {
  const byRecord = new Map<string, RecordLetter[]>();
  for (const letter of letters) {
    const { eventID } = letter.record;
    const known = byRecord.get(eventID);
    if (known) known.push(letter);
    else byRecord.set(eventID, [letter]);
  }
  return [...byRecord.values()].sort(([a], [b]) => {
    const shardOf = (letter: RecordLetter): string => letter.record.eventID.split(":")[0]!;
    if (shardOf(a!) !== shardOf(b!)) return shardOf(a!) < shardOf(b!) ? -1 : 1;
    const numberOf = (letter: RecordLetter): bigint => BigInt(letter.record.kinesis.sequenceNumber);
    return numberOf(a!) < numberOf(b!) ? -1 : 1;
  });
}
