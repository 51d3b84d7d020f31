import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";

/** An event as targets get it. (AWS page: EventBridge events.) */
export interface EventEnvelope {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  /** Of an event that a replay has sent again. */
  readonly "replay-name"?: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** What somebody puts on a bus. */
export interface EventContent {
  readonly source: string;
  readonly detailType: string;
  /** A JSON object, parsed. */
  readonly detail: object;
  readonly resources?: readonly string[];
  /** Virtual milliseconds since the epoch; now unless given. */
  readonly atMs?: number;
}

/** @param id unique in the account */
export function envelopeOf(
  { accountId, kernel, region }: Account,
  id: string,
  { atMs = kernel.now, detail, detailType, resources = [], source }: EventContent,
): EventEnvelope {
  return {
    version: "0",
    id,
    "detail-type": detailType,
    source,
    account: accountId,
    time: wholeSeconds(atMs),
    region,
    resources,
    detail,
  };
}

/** What a schedule sends. */
export function scheduledEvent(account: Account, ruleArn: string, atMs: number): EventEnvelope {
  return envelopeOf(account, uuidOf(`${account.random.seed} ${ruleArn} ${atMs}`), {
    source: "aws.events",
    detailType: "Scheduled Event",
    detail: {},
    resources: [ruleArn],
    atMs,
  });
}

export function replayed(envelope: EventEnvelope, replayName: string): EventEnvelope {
  const { resources, detail, ...head } = envelope;
  return { ...head, "replay-name": replayName, resources, detail };
}

/** `2026-01-01T00:00:00Z`. */
const wholeSeconds = (atMs: number): string =>
  new Date(atMs).toISOString().replace(/\.\d{3}Z$/, "Z");
