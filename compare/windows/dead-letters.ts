import type { Account, Invocation } from "../account";
import type { BatchInfo, DeadLetter } from "../aggregation/dead-letters";
import { messagesOf, objectsOf } from "../drained";
import type { WindowTopology } from "./topology";

/** Where and how the mapping's dead letters say which records they are about. */
interface Origins {
  /** Event ids, by shard, in the order of the stream. */
  readonly eventIds: readonly string[];
  readonly invocations: readonly Invocation[];
}

/**
 * The event ids of all records in dead letters, wherever a stack keeps them. A dead letter of a window's last
 * invocation, which has no records, holds none.
 *
 * @throws Error for a dead letter of records that leads to none
 */
export async function deadLetteredIn(
  account: Account,
  topology: WindowTopology,
  origins: Origins,
): Promise<Set<string>> {
  const invocations = new Map(origins.invocations.map((each) => [each.requestId, each]));
  const found = new Set<string>();
  for (const letter of await readLetters(account, topology)) {
    const info = letter.KinesisBatchInfo;
    if (info === undefined) throw new Error("A dead letter of the trips names no batch.");
    if (info.batchSize === 0) continue;
    const invocation = invocations.get(letter.requestContext.requestId);
    const ids = idsOf(letter, info, invocation, origins);
    if (ids.length === 0) {
      const range = `${info.startSequenceNumber} to ${info.endSequenceNumber}`;
      throw new Error(`A dead letter leads to no record (${info.shardId}, ${range}).`);
    }
    for (const id of ids) found.add(id);
  }
  return found;
}

async function readLetters(account: Account, topology: WindowTopology): Promise<DeadLetter[]> {
  const objects = await objectsOf(account, topology.windowsDeadLetterBucketName);
  const letters = objects.map((text) => JSON.parse(text) as DeadLetter);
  for (const queue of [
    topology.windowsDeadLetterQueueUrl,
    topology.windowsDeadLetterTopicQueueUrl,
  ]) {
    for (const { Body } of await messagesOf(account, queue)) {
      const body = JSON.parse(Body!) as DeadLetter | { readonly Message: string };
      // A topic wraps what it delivers.
      letters.push("Message" in body ? (JSON.parse(body.Message) as DeadLetter) : body);
    }
  }
  return letters;
}

function idsOf(
  { payload }: DeadLetter,
  { endSequenceNumber, shardId, startSequenceNumber }: BatchInfo,
  invocation: Invocation | undefined,
  { eventIds }: Origins,
): string[] {
  if (payload !== undefined) {
    return idsIn(typeof payload === "string" ? (JSON.parse(payload) as unknown) : payload);
  }
  const first = BigInt(startSequenceNumber);
  const last = BigInt(endSequenceNumber);
  const isInRange = (id: string): boolean => {
    const [shard, sequenceNumber] = id.split(":") as [string, string];
    const at = BigInt(sequenceNumber);
    return shard === shardId && first <= at && at <= last;
  };
  // The range of one lane of a shard holds records of the others: the last invocation says which.
  const delivered = idsIn(invocation?.event).filter(isInRange);
  return delivered.length > 0 ? delivered : eventIds.filter(isInRange);
}

function idsIn(event: unknown): string[] {
  const { Records = [] } = (event ?? {}) as { readonly Records?: readonly { eventID: string }[] };
  return Records.map(({ eventID }) => eventID);
}
