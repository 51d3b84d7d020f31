import type { SimEvent } from "../../../kernel/kernel";
import type { Account } from "../../account";
import { ServiceError } from "../../errors";
import type { ReceivedMessage } from "../../sqs/service";
import { throttleBackoffMs } from "./backoff";
import { PAYLOAD_BYTES_MAX } from "./batching";
import type { DecisionKind } from "./decision";
import type { SendResult } from "./outlet";
import { queueVerdictOf } from "./queue-outcome";
import { toQueueRecord } from "./queue-record";
import type { QueueMappingSettings } from "./queue-settings";

/** `partial`: the function reported some. `unsent`: throttled to the end. `dropped`: the mapping was deleted. */
export type BatchEnd = "ok" | "partial" | "failed" | "unsent" | "dropped";

/** What a mapping's batches share with it. */
export interface BatchContext {
  readonly account: Account;
  readonly queueArn: string;
  readonly settings: QueueMappingSettings;
  /** Whether the mapping was deleted: nothing is sent any more. */
  readonly ended: boolean;
  decide(
    kind: DecisionKind,
    messageIds: readonly string[],
    details: { readonly attempt: number; readonly requestId?: string; readonly reason?: string },
  ): void;
  /** Called once, when the batch is over. */
  over(batch: QueueBatch, end: BatchEnd): void;
  /** Deletes messages; answers those that could not be. */
  remove(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[];
}

/** `{"Records":[]}` */
const ENVELOPE_BYTES = 14;

/** Messages on their way from a queue to a function: gathered, sent, perhaps throttled, and over. */
export class QueueBatch {
  readonly #messages: ReceivedMessage[] = [];
  #bytes = ENVELOPE_BYTES;
  #attempt = 0;
  #retry: SimEvent | undefined;

  /** @param untilMs when the first of its messages can be received by others again */
  constructor(
    private readonly context: BatchContext,
    readonly openedAtMs: number,
    private readonly untilMs: number,
  ) {}

  get size(): number {
    return this.#messages.length;
  }

  get full(): boolean {
    const { batchSize } = this.context.settings;
    return this.size >= batchSize || this.#bytes >= PAYLOAD_BYTES_MAX;
  }

  /** Takes a message, unless the event would become larger than an invocation may be. */
  admit(message: ReceivedMessage): boolean {
    const record = JSON.stringify(toQueueRecord(message, this.#source));
    const bytes = Buffer.byteLength(record) + 1;
    if (this.size > 0 && this.#bytes + bytes > PAYLOAD_BYTES_MAX) return false;
    this.#messages.push(message);
    this.#bytes += bytes;
    return true;
  }

  send(): void {
    const { account, settings } = this.context;
    const messageIds = this.#messageIds();
    this.context.decide("send", messageIds, { attempt: ++this.#attempt });
    try {
      account.services.lambda.invoke({
        functionName: settings.functionArn,
        event: () => ({
          Records: this.#messages.map((message) => toQueueRecord(message, this.#source)),
        }),
        recordCount: this.size,
        identity: messageIds[0]!,
        recordIds: messageIds,
        source: `mapping ${settings.name}`,
        onOutcome: (invocation) => this.#landed(invocation),
      });
    } catch (cause) {
      // Refused before the handler, for instance because the function is gone.
      if (!(cause instanceof ServiceError)) throw cause;
      this.#landed({ outcome: "throttled", reason: `${cause.code}: ${cause.message}` });
    }
  }

  /** Lets go of the messages if no invocation has them. */
  giveUp(reason: string): void {
    const waiting = this.#attempt === 0 || (this.#retry && !this.#retry.cancelled);
    if (!waiting) return;
    this.context.account.kernel.cancel(this.#retry);
    this.#unsent(reason, "dropped");
  }

  get #source(): { arn: string; region: string } {
    return { arn: this.context.queueArn, region: this.context.account.region };
  }

  #messageIds(): string[] {
    return this.#messages.map(({ MessageId }) => MessageId);
  }

  #landed(result: SendResult): void {
    const { context } = this;
    const { reportBatchItemFailures } = context.settings;
    const messageIds = this.#messageIds();
    const verdict = queueVerdictOf(result, () => messageIds, reportBatchItemFailures);
    const attempt = this.#attempt;
    if (verdict.kind === "throttled") return this.#throttled(verdict.reason);
    const requestId = "requestId" in result ? result.requestId : undefined;
    if (verdict.kind === "failed") {
      context.decide("returned", messageIds, { attempt, requestId, reason: verdict.reason });
      return context.over(this, "failed");
    }
    const { failed } = verdict;
    const done = this.#messages.filter((_, index) => !failed.has(index));
    const reported = messageIds.filter((_, index) => failed.has(index));
    if (done.length > 0) context.decide("ok", idsOf(done), { attempt, requestId });
    if (reported.length > 0) {
      const reason = "reported by the function";
      context.decide("returned", reported, { attempt, requestId, reason });
    }
    context.over(this, reported.length > 0 ? "partial" : "ok");
    const undeleted = context.remove(done);
    if (undeleted.length > 0) {
      context.decide("undeleted", idsOf(undeleted), { attempt, requestId });
    }
  }

  /** Tries again for as long as the messages are ours. Source: "Handling errors for an SQS event source". */
  #throttled(reason: string): void {
    const { account, settings } = this.context;
    const attempt = this.#attempt;
    this.context.decide("throttled", this.#messageIds(), { attempt, reason });
    const waitMs = throttleBackoffMs(account.assumptions.choice("sqs.throttleBackoff"), attempt);
    const atMs = account.kernel.now + waitMs;
    if (this.context.ended) return this.#unsent("the mapping was deleted", "dropped");
    if (atMs >= this.untilMs) {
      return this.#unsent("throttled until the visibility timeout", "unsent");
    }
    const label = `mapping ${settings.name}: sends again after a throttle`;
    this.#retry = account.kernel.at(atMs, label, () => this.send());
  }

  #unsent(reason: string, end: BatchEnd): void {
    this.context.decide("unsent", this.#messageIds(), { attempt: this.#attempt, reason });
    this.context.over(this, end);
  }
}

const idsOf = (messages: readonly ReceivedMessage[]): string[] =>
  messages.map(({ MessageId }) => MessageId);
