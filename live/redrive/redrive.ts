import type { RedriveEnvironment } from "./environment";
import { replayEvents } from "./events";
import { consumerOf, replayToFunction, type Staying } from "./function-batches";
import { Journal, OpenLetters, type Copy } from "./journal";
import type { Kept } from "./kept";
import { readLetter, type Letter, type LetterOf } from "./letter";
import { moveBack, sendBack } from "./move";
import { readBucket, readQueue, type QueuedLetter } from "./places";
import { StreamReplay } from "./put-items";
import { replayRecords } from "./record-letters";
import type { Sources } from "./sources";
import { oneByOne, streamItemsOf, suspectsLast, type Gone } from "./stream-items";
import { repairFor, replayBatches } from "./table-batches";
import { replayWindows } from "./window-batches";

export interface RedriveOptions {
  /** Breaks off after so many items, before the letter of the last one is removed. @default never */
  readonly interruptAfter?: number;
  /** Messages that leave a dead-letter queue in a second, 1 to 500. @default 10 */
  readonly messagesPerSecond?: number;
}

/** What a redrive did. */
export interface RedriveReport {
  /** Dead letters that lay there; those in queues' dead-letter queues are counted as messages. */
  readonly letters: number;
  /** What was accepted at its entry point, second attempts included. */
  readonly replayed: Journal["counts"];
  /** Items that were in a dead letter again when all had been replayed together; they were tried again alone. */
  readonly cameBack: number;
  /** Items that were in a dead letter again after the second attempt, too. */
  readonly stillBad: number;
  /** Items that are nowhere any more. Their letters are kept. */
  readonly gone: readonly Gone[];
  /** Letters that stay, because their function refused them on the spot, or because nobody can read them. */
  readonly kept: readonly Kept[];
  /** Records of streams, and what they are now. */
  readonly copies: readonly Copy[];
  /** Event ids of records that their consumer had put aside, once for each letter that was removed. */
  readonly taken: readonly string[];
}

/** A redrive that was broken off, as far as it got. */
export type RedriveProgress = Pick<RedriveReport, "replayed" | "copies" | "taken">;

const MESSAGES_PER_SECOND = 10;

/** Where live traffic fails faster than this gets on, it has to end. */
const SENT_ALONE_MAX = 10_000;

/**
 * Replays a stack's dead letters, once. Each goes to the entry point that reaches only who did not get it; a letter is
 * removed after its replay was accepted, so that a redrive that is broken off is simply started again: what is then
 * replayed twice, idempotent consumers do once. What comes back is tried a second time, alone, and then left.
 *
 * @throws Interrupted as asked for; errors of AWS, as they come
 */
export async function redrive(
  environment: RedriveEnvironment,
  sources: Sources,
  options: RedriveOptions = {},
  journal = new Journal(options.interruptAfter),
): Promise<RedriveReport> {
  const first = new Redrive(environment, sources, journal);
  await first.together(options.messagesPerSecond ?? MESSAGES_PER_SECOND);
  if (journal.isEmpty) return first.report(0, 0);
  await environment.settled();
  const beforeSecond = new Set(journal.accepted);
  const cameBack = await first.alone(beforeSecond);
  const again = new Set([...journal.accepted].filter((id) => !beforeSecond.has(id)));
  const stillBad = cameBack === 0 ? 0 : await first.backAgain(again, beforeSecond);
  return first.report(cameBack, stillBad);
}

class Redrive {
  #letters = 0;
  readonly #gone: Gone[] = [];
  readonly #kept: Kept[] = [];

  constructor(
    private readonly environment: RedriveEnvironment,
    private readonly sources: Sources,
    private readonly journal: Journal,
  ) {}

  /** Everything that lies there. */
  async together(perSecond: number): Promise<void> {
    const { environment, journal, sources } = this;
    const letters = await this.#read();
    this.#letters = letters.length;
    await this.#replayRecords(letters);
    const refused = await this.#replayToFunctions(letters);
    const unreadable = of(letters, "unreadable");
    const lost = of(letters, "gone").map(({ items, place, why }) => {
      return { letter: place.name, items, why };
    });
    this.#kept.push(
      ...refused,
      ...unreadable.map(({ place, why }) => ({ letter: place.name, items: 1, why })),
    );
    this.#gone.push(...lost);
    await replayEvents(environment, journal, of(letters, "event"), sources.fifoGroup);
    const stays = new Set([...this.#gone, ...this.#kept].map(({ letter }) => letter));
    for (const { place } of letters) if (stays.has(place.name)) await place.release();
    for (const queue of sources.deadLetterQueues) {
      this.#kept.push(...(await moveBack(environment, journal, queue, perSecond)));
    }
  }

  /** Everything that goes to a function which is waited for. */
  async #replayToFunctions(letters: readonly Letter[]): Promise<readonly Kept[]> {
    const { environment, journal, sources } = this;
    const tables = of(letters, "table-batch");
    const staying: Staying[] = [];
    for (const consumer of sources.direct ?? []) {
      const own = of(letters, "stream-batch").filter(
        (letter) => consumerOf(letter, [consumer]) !== undefined,
      );
      const { windowSeconds } = consumer;
      staying.push(
        windowSeconds === undefined
          ? await replayToFunction(environment, journal, own)
          : await replayWindows(environment, journal, own, windowSeconds),
      );
    }
    this.#gone.push(...staying.flatMap(({ gone }) => gone));
    const withRecords = tables.filter(({ records }) => records !== undefined);
    const without = tables.filter(({ records }) => records === undefined);
    return [
      ...staying.flatMap(({ kept }) => kept),
      ...(await replayBatches(environment, journal, withRecords)),
      ...(await repairFor(environment, journal, without, sources.repairFunction)),
      ...(await replayRecords(environment, journal, of(letters, "record"))),
    ];
  }

  async #replayRecords(letters: readonly Letter[]): Promise<void> {
    const { environment, journal } = this;
    const open = new OpenLetters();
    const found = await streamItemsOf(environment, this.#forStreams(letters), open);
    this.#gone.push(...found.gone);
    const replay = new StreamReplay(environment, journal, open);
    const [others, suspects] = suspectsLast(found.items);
    await replay.put(others!);
    // A mapping would put them into one batch again.
    if (others!.length > 0 && suspects!.length > 0) await environment.settled();
    await replay.put(suspects!);
    for (const place of open.kept) await place.release();
  }

  /** What came back, each record and message for itself. Of events there is nothing to separate. */
  async alone(accepted: ReadonlySet<string>): Promise<number> {
    const { environment, journal } = this;
    const letters = await this.#read();
    const open = new OpenLetters();
    const back = this.#forStreams(letters).filter((letter) => isAbout(letter, accepted));
    const { items } = await streamItemsOf(environment, back, open);
    const replay = new StreamReplay(environment, journal, open);
    for (const step of oneByOne(items)) {
      await replay.put(step);
      await environment.settled();
    }
    const events = failedAgain(letters, accepted);
    const isBack = new Set<Letter>(back);
    for (const letter of letters) if (!isBack.has(letter)) await letter.place.release();
    return items.length + events.size + (await this.#sendBackAlone());
  }

  async #sendBackAlone(): Promise<number> {
    const { environment, journal } = this;
    let cameBack = 0;
    for (const queue of this.sources.deadLetterQueues) {
      for (let sent = 0; sent < SENT_ALONE_MAX; sent += 1) {
        const letter = await this.#nextOf(queue.url);
        if (letter === undefined) break;
        cameBack += 1;
        await sendBack(environment, journal, queue, letter);
        await environment.settled();
      }
    }
    return cameBack;
  }

  /** A message that this redrive has not sent. Held one at a time, for settling takes longer than SQS leaves them ours. */
  async #nextOf(url: string): Promise<QueuedLetter | undefined> {
    const isNew = ({ message }: QueuedLetter): boolean =>
      !this.journal.accepted.has(message.MessageId!);
    const letters = await readQueue(this.environment, url, (found) => found.some(isNew));
    const next = letters.find(isNew);
    for (const { place } of letters) if (place !== next?.place) await place.release();
    return next;
  }

  /**
   * Counts what is in dead letters after it was tried alone; events, which are alone always, after the first time.
   *
   * @param again what was accepted the second time
   */
  async backAgain(again: ReadonlySet<string>, first: ReadonlySet<string>): Promise<number> {
    const { environment } = this;
    const letters = await this.#read();
    let stillBad = failedAgain(letters, first).size;
    for (const letter of of(letters, "stream-batch")) {
      if (isAbout(letter, again)) stillBad += letter.info.batchSize;
    }
    for (const { place } of letters) await place.release();
    for (const { url } of this.sources.deadLetterQueues) {
      for (const { message, place } of await readQueue(environment, url)) {
        stillBad += again.has(message.MessageId!) ? 1 : 0;
        await place.release();
      }
    }
    return stillBad;
  }

  report(cameBack: number, stillBad: number): RedriveReport {
    const { copies, counts, taken } = this.journal;
    return {
      letters: this.#letters,
      replayed: { ...counts },
      cameBack,
      stillBad,
      gone: this.#gone,
      kept: this.#kept,
      copies,
      taken,
    };
  }

  /** Batches that go back to their stream. */
  #forStreams(letters: readonly Letter[]): LetterOf<"stream-batch">[] {
    const { direct } = this.sources;
    return of(letters, "stream-batch").filter((letter) => !consumerOf(letter, direct));
  }

  /** All letters but those of queues' dead-letter queues, which are not read but moved. */
  async #read(): Promise<Letter[]> {
    const letters: Letter[] = [];
    for (const bucket of this.sources.buckets) {
      const found = await readBucket(this.environment, bucket);
      letters.push(...found.map((letter) => readLetter(letter)));
    }
    for (const { url, ...addressees } of this.sources.queues) {
      const found = await readQueue(this.environment, url);
      letters.push(...found.map((letter) => readLetter(letter, addressees)));
    }
    return letters;
  }
}

function of<K extends Letter["kind"]>(letters: readonly Letter[], kind: K): LetterOf<K>[] {
  return letters.filter((letter): letter is LetterOf<K> => letter.kind === kind);
}

/** Of the events and records that functions were given, those that are in a letter again; two may hold one. */
function failedAgain(
  letters: readonly Letter[],
  accepted: ReadonlySet<string>,
): ReadonlySet<string> {
  const ids = [
    ...of(letters, "event").map(({ requestId = "" }) => requestId),
    ...of(letters, "record").map(({ record }) => record.eventID),
  ];
  return new Set(ids.filter((id) => accepted.has(id)));
}

/** Whether a letter tells of records that were put by this redrive. */
function isAbout({ info, records }: LetterOf<"stream-batch">, ids: ReadonlySet<string>): boolean {
  if (records) return records.some(({ eventID }) => ids.has(eventID));
  const { endSequenceNumber, shardId, startSequenceNumber } = info;
  return ids.has(`${shardId}:${startSequenceNumber}`) || ids.has(`${shardId}:${endSequenceNumber}`);
}
