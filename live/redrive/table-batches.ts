import type { RedriveEnvironment } from "./environment";
import { inOrder } from "./function-batches";
import { failuresAmong, invoke } from "./invoke";
import type { Journal } from "./journal";
import type { Kept } from "./kept";
import type { LetterOf } from "./letter";

type TableBatch = LetterOf<"table-batch">;

/** What Repair answers; see its handler. */
interface Repaired {
  readonly scanned: number;
  readonly failed: number;
  readonly complete: boolean;
  readonly continueFrom?: string;
}

const REPAIRS_MAX = 1_000;

/**
 * Gives batches of a table's stream to their function again, in the order of their shards. Nobody can put a record
 * on a table's stream, so the function is invoked with it; what it answers is known at once.
 *
 * @returns the letters that stay
 */
export async function replayBatches(
  environment: RedriveEnvironment,
  journal: Journal,
  batches: readonly TableBatch[],
): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const batch of inOrder(batches)) {
    const { functionArn, place, records = [] } = batch;
    const bad = await failuresAmong(environment, functionArn, records);
    journal.accept("tableRecords", [], records.length - bad.length);
    if (bad.length === 0) await place.remove();
    else kept.push({ letter: place.name, items: bad.length, why: bad[0]!.why });
  }
  return kept;
}

/**
 * Does what letters without records ask for: Repair folds whatever the state table holds and the ledger lacks, whether
 * the stream still has it or not.
 */
export async function repairFor(
  environment: RedriveEnvironment,
  journal: Journal,
  batches: readonly TableBatch[],
  repairFunction: string | undefined,
): Promise<Kept[]> {
  if (batches.length === 0) return [];
  const why =
    repairFunction === undefined
      ? "It holds no records, and there is no Repair to do without them."
      : await repairAll(environment, repairFunction);
  if (why !== undefined) {
    return batches.map(({ info, place }) => ({ letter: place.name, items: info.batchSize, why }));
  }
  const records = batches.reduce((sum, { info }) => sum + info.batchSize, 0);
  journal.accept("tableRecords", [], records);
  for (const { place } of batches) await place.remove();
  return [];
}

/** @returns why it was no use; undefined if all is repaired */
async function repairAll(
  environment: RedriveEnvironment,
  repairFunction: string,
): Promise<string | undefined> {
  let request: object = {};
  let scanned = 0;
  for (let times = 0; times < REPAIRS_MAX; times += 1) {
    const { answer, error } = await invoke(environment, repairFunction, request);
    if (error !== undefined) return `Repair failed: ${error}`;
    const { complete, continueFrom, failed, ...counts } = answer as Repaired;
    scanned += counts.scanned;
    if (failed > 0) return `Repair could not fold ${failed} entities.`;
    request = continueFrom === undefined ? {} : { continueFrom };
    if (!complete) continue;
    // With batch-hash it looks at nothing, and says that it is done.
    return scanned > 0 ? undefined : "Repair does nothing without the ledger.";
  }
  return `Repair does not come to an end after ${REPAIRS_MAX} invocations.`;
}
