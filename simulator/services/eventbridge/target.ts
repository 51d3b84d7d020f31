import { limitExceeded, validation } from "./errors";
import { compileInput, type InputMaker, type InputSettings } from "./target-input";

/** A target as rules are given it. */
export interface TargetSettings extends InputSettings {
  readonly id: string;
  /** Of a function, a queue, a topic or another bus. */
  readonly arn: string;
  /** For a bus: the role that may put events on it. */
  readonly roleArn?: string;
  /** For a FIFO queue: the group of all its messages. */
  readonly messageGroupId?: string;
  /** The standard queue that takes events which cannot be delivered. */
  readonly deadLetterArn?: string;
  readonly retryPolicy?: RetryPolicy;
}

/** When to give up on a target that could not be reached. */
export interface RetryPolicy {
  /** Attempts after the first, 0 to 185. @default 185 */
  readonly maximumRetryAttempts: number;
  /** Since the bus received the event, 60 to 86,400. @default 86400 */
  readonly maximumEventAgeInSeconds: number;
}

export const RETRY_POLICY_DEFAULT: RetryPolicy = {
  maximumRetryAttempts: 185,
  maximumEventAgeInSeconds: 86_400,
};
export const RETRY_ATTEMPTS_RANGE = [0, 185] as const;
export const EVENT_AGE_RANGE = [60, 86_400] as const;

/** What a rule sends its events to. */
export interface RuleTarget {
  readonly settings: TargetSettings;
  readonly kind: TargetKind;
  readonly retryPolicy: RetryPolicy;
  readonly makeInput: InputMaker;
}

export type TargetKind = "bus" | "function" | "queue" | "topic";

/** Source: EventBridge quotas. */
const TARGETS_MAX = 5;

const KINDS: readonly (readonly [RegExp, TargetKind])[] = [
  [/^arn:aws:lambda:[^:]*:\d{12}:function:/, "function"],
  [/^arn:aws:sqs:/, "queue"],
  [/^arn:aws:sns:/, "topic"],
  [/^arn:aws:events:[^:]*:\d{12}:event-bus\//, "bus"],
];

/** @throws ValidationException */
export function compileTarget(settings: TargetSettings): RuleTarget {
  const problem = problemWith(settings);
  if (problem) throw validation(problem);
  return {
    settings,
    kind: kindOf(settings.arn)!,
    retryPolicy: settings.retryPolicy ?? RETRY_POLICY_DEFAULT,
    makeInput: compileInput(settings.id, settings),
  };
}

/** Adds or replaces. @throws LimitExceededException */
export function addTarget(targets: Map<string, RuleTarget>, target: RuleTarget): void {
  const { id } = target.settings;
  if (!targets.has(id) && targets.size >= TARGETS_MAX) throw limitExceeded();
  targets.set(id, target);
}

const kindOf = (arn: string): TargetKind | undefined =>
  KINDS.find(([pattern]) => pattern.test(arn))?.[1];

function problemWith(settings: TargetSettings): string | undefined {
  const { arn, deadLetterArn, id, messageGroupId, retryPolicy, roleArn } = settings;
  const kind = kindOf(arn);
  if (!/^[.\w-]{1,64}$/.test(id)) return `Target id ${id} must be 1 to 64 letters, digits or . - _`;
  if (!kind) return `Provided Arn is not in correct format for target ${id}: ${arn}`;
  const isFifo = kind === "queue" && arn.endsWith(".fifo");
  if (isFifo && !messageGroupId) {
    return `Parameter(s) SqsParameters must be specified for target: ${id}.`;
  }
  if (!isFifo && messageGroupId !== undefined) {
    return `Parameter(s) SqsParameters not valid for target: ${id}.`;
  }
  if (kind === "bus" && !roleArn) return `RoleArn is required for target ${arn}.`;
  if (kind !== "bus" && roleArn) return `RoleArn is not supported for target ${arn}.`;
  if (kind === "bus" && (settings.input ?? settings.inputPath ?? settings.inputTransformer)) {
    return `A bus gets events as they are: no input for target ${id}.`;
  }
  if (deadLetterArn !== undefined && !/^arn:aws:sqs:.*(?<!\.fifo)$/.test(deadLetterArn)) {
    return `The dead-letter queue of target ${id} must be a standard queue: ${deadLetterArn}`;
  }
  return retryPolicy && problemWithPolicy(id, retryPolicy);
}

function problemWithPolicy(id: string, policy: RetryPolicy): string | undefined {
  for (const [name, value, [min, max]] of [
    ["MaximumRetryAttempts", policy.maximumRetryAttempts, RETRY_ATTEMPTS_RANGE],
    ["MaximumEventAgeInSeconds", policy.maximumEventAgeInSeconds, EVENT_AGE_RANGE],
  ] as const) {
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    return `${name} of target ${id} must be a whole number from ${min} to ${max}, got ${value}.`;
  }
  return undefined;
}
