import { DescribeStreamSummaryCommand } from "@aws-sdk/client-kinesis";
import type { RedriveEnvironment } from "./environment";
import { fetchArrivals, fetchRange } from "./fetch-range";
import { inOrder, type Staying } from "./function-batches";
import { eventsOf, invoke } from "./invoke";
import type { Journal } from "./journal";
import type { BatchInfo, KinesisRecord, LetterOf, WindowEvent } from "./letter";
import type { Gone } from "./stream-items";
import type { Kept } from "./kept";

type StreamBatch = LetterOf<"stream-batch">;

/** A window of a shard, and what was given up of it. */
interface WindowLetters {
  readonly startMs: number;
  readonly endMs: number;
  /** Of its last invocation, which had its sums. */
  readonly finals: StreamBatch[];
  readonly batches: { readonly letter: StreamBatch; readonly records: readonly KinesisRecord[] }[];
}

/** Clocks of a stream and of whoever asks differ by less. */
const CLOCKS_MS = 60_000;

const HELD_BACK =
  "The sums of its window have to be made from the stream first, without these records, and that failed.";

/**
 * Gives batches of tumbling windows to their function again, each in the window in which its records arrived: on the
 * stream they would be in today's. The consumer is to know, of each row, the last record of a shard that it was told of;
 * a batch is told as the last invocation of a window in a part of the shard of its own, so that it counts once, whatever
 * else its window was told, and however often it is replayed.
 *
 * The sums of a window's last invocation are in its letter, if that holds the event. If not, they are made anew from
 * the records that the stream still has, without those that lie in other letters.
 */
export async function replayWindows(
  environment: RedriveEnvironment,
  journal: Journal,
  letters: readonly StreamBatch[],
  windowSeconds: number,
): Promise<Staying> {
  const gone: Gone[] = [];
  const kept: Kept[] = [];
  for (const window of await windowsOf(environment, letters, windowSeconds * 1_000, gone)) {
    // Sums first: they are made without what lies in letters, and letters that are done lie nowhere.
    let isHeldBack = false;
    for (const final of window.finals) {
      const { event, info, place } = final;
      const { why, isGone } = event
        ? { why: await failureIn(environment, final, event), isGone: false }
        : await rebuild(environment, final, window);
      if (why === undefined) {
        journal.accept("windows", [], 1);
        await place.remove();
      } else {
        (isGone ? gone : kept).push({
          letter: place.name,
          items: Math.max(1, info.batchSize),
          why,
        });
        isHeldBack ||= event === undefined && !isGone;
      }
    }
    for (const { letter, records } of window.batches) {
      const { place } = letter;
      if (records.length === 0) continue;
      const why = isHeldBack ? HELD_BACK : await fold(environment, letter, window, records);
      if (why !== undefined) {
        kept.push({ letter: place.name, items: records.length, why });
        continue;
      }
      journal.accept("functionRecords", [], records.length);
      if (!gone.some(({ letter: name }) => name === place.name)) await place.remove();
    }
  }
  return { gone, kept };
}

/** What was given up, by shard and window. Records that only the stream has are fetched. */
async function windowsOf(
  environment: RedriveEnvironment,
  letters: readonly StreamBatch[],
  lengthMs: number,
  gone: Gone[],
): Promise<WindowLetters[]> {
  const windows = new Map<string, WindowLetters>();
  const of = (info: BatchInfo, startMs: number, endMs: number): WindowLetters => {
    const key = `${info.streamArn} ${info.shardId} ${startMs}`;
    const window = windows.get(key) ?? { startMs, endMs, finals: [], batches: [] };
    windows.set(key, window);
    return window;
  };
  const at = (info: BatchInfo, arrivedMs: number): WindowLetters => {
    const startMs = Math.floor(arrivedMs / lengthMs) * lengthMs;
    return of(info, startMs, startMs + lengthMs);
  };
  for (const letter of inOrder(letters)) {
    const { event, info, place, records: held = [] } = letter;
    if (event !== undefined) {
      const { end, start } = event.window;
      const window = of(info, Date.parse(start), Date.parse(end));
      if (event.isFinalInvokeForWindow) window.finals.push(letter);
      else window.batches.push({ letter, records: held });
    } else if (info.batchSize === 0) {
      at(info, Date.parse(info.approximateArrivalOfLastRecord!)).finals.push(letter);
    } else {
      const found = await fetchRange(environment, info);
      if (found.gone > 0) gone.push({ letter: place.name, items: found.gone, why: found.why! });
      const { records } = found;
      if (records.length > 0) at(info, arrivedMsOf(records[0]!)).batches.push({ letter, records });
    }
  }
  return [...windows.values()];
}

/** Tells records as a window of their own. */
async function fold(
  environment: RedriveEnvironment,
  letter: StreamBatch,
  window: WindowLetters,
  records: readonly KinesisRecord[],
): Promise<string | undefined> {
  const { shardId } = letter.info;
  const part = `${shardId}/${records[0]!.kinesis.sequenceNumber}`;
  return foldInParts(environment, letter, window, records, part);
}

/** Makes a window's sums anew, and has them written as its last invocation would have. */
async function rebuild(
  environment: RedriveEnvironment,
  letter: StreamBatch,
  window: WindowLetters,
): Promise<{ readonly why?: string; readonly isGone: boolean }> {
  const { info } = letter;
  const { batches, endMs, startMs } = window;
  const { StreamDescriptionSummary } = await environment.kinesis.send(
    new DescribeStreamSummaryCommand({ StreamARN: info.streamArn }),
  );
  const retentionMs = StreamDescriptionSummary!.RetentionPeriodHours! * 3_600_000;
  if (startMs < environment.now() - retentionMs + CLOCKS_MS) {
    const why = "Its sums were Lambda's, and the stream no longer has all records of the window.";
    return { why, isGone: true };
  }
  const inLetters = new Set(
    batches.flatMap(({ records }) => records.map(({ eventID }) => eventID)),
  );
  const arrived = await fetchArrivals(environment, info, startMs, endMs);
  const records = arrived.filter(({ eventID }) => !inLetters.has(eventID));
  // Under the shard's own name: what an attempt has written all the same is not written again.
  const why = await foldInParts(environment, letter, window, records, info.shardId);
  return { why, isGone: false };
}

/** As a mapping does: the state is carried from event to event, and nothing is written before the last one. */
async function foldInParts(
  environment: RedriveEnvironment,
  letter: StreamBatch,
  { endMs, startMs }: WindowLetters,
  records: readonly KinesisRecord[],
  shardId: string,
): Promise<string | undefined> {
  const events = eventsOf(records);
  let state: object = {};
  for (const [at, Records] of events.entries()) {
    const isFinalInvokeForWindow = at === events.length - 1;
    const window = { start: isoSeconds(startMs), end: isoSeconds(endMs) };
    const event = { Records, window, state, shardId, isFinalInvokeForWindow };
    const { answer, error } = await invoke(environment, letter.functionArn, {
      ...event,
      eventSourceARN: letter.info.streamArn,
      isWindowTerminatedEarly: false,
    });
    if (error !== undefined) return error;
    state = (answer as { readonly state: object }).state;
  }
  return undefined;
}

async function failureIn(
  environment: RedriveEnvironment,
  { functionArn }: StreamBatch,
  event: WindowEvent,
): Promise<string | undefined> {
  return (await invoke(environment, functionArn, event)).error;
}

const arrivedMsOf = ({ kinesis }: KinesisRecord): number =>
  Math.round(kinesis.approximateArrivalTimestamp! * 1_000);

const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
