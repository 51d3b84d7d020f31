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
  readonly resources: readonly string[];
  readonly detail: object;
}

/** What a schedule sends. */
export function scheduledEvent(
  { accountId, random, region }: Account,
  ruleArn: string,
  atMs: number,
): EventEnvelope {
  return {
    version: "0",
    id: uuidOf(`${random.seed} ${ruleArn} ${atMs}`),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: accountId,
    time: new Date(atMs).toISOString().replace(/\.\d{3}Z$/, "Z"),
    region,
    resources: [ruleArn],
    detail: {},
  };
}
