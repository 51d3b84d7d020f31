import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Invocation } from "../lambda/invocation";
import type { EventEnvelope } from "./envelope";
import type { RuleTarget } from "./target";

export const EVENTS_PRINCIPAL = "events.amazonaws.com";

/** Why a target did not take an event. Codes are those of AWS's dead letters. */
export interface SendingFailure {
  readonly code: string;
  readonly message: string;
  /** Whether it may work later. */
  readonly retryable: boolean;
}

export interface Sending {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly target: RuleTarget;
  readonly envelope: EventEnvelope;
  /** What the target gets: JSON. */
  readonly text: string;
  /** What this is about, for fault draws in a function. */
  readonly identity: string;
  /** Called once, when it is known what became of a function's event; other targets take it at once. */
  readonly onOutcome: (invocation: Invocation) => void;
}

/** Hands an event to a target, at one instant. */
export function send(account: Account, sending: Sending): SendingFailure | undefined {
  try {
    SENDERS[sending.target.kind](account, sending);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    return failureOf(cause);
  }
}

type Sender = (account: Account, sending: Sending) => void;

const SENDERS: Readonly<Record<RuleTarget["kind"], Sender>> = {
  /** What the function makes of it is the business of asynchronous invocation. */
  function: ({ services: { lambda } }, sending) => {
    const { identity, onOutcome, ruleArn, ruleName, target, text } = sending;
    const { arn } = target.settings;
    if (!lambda.find(arn)) {
      throw new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`);
    }
    if (!lambda.policyAllows(arn, EVENTS_PRINCIPAL, ruleArn)) {
      const action = "lambda:InvokeFunction";
      const reason = `because no resource-based policy allows the ${action} action`;
      throw denied(`${EVENTS_PRINCIPAL} is not authorized to perform: ${action}`, arn, reason);
    }
    lambda.invokeAsync({
      functionName: arn,
      event: () => JSON.parse(text) as unknown,
      recordCount: 1,
      identity,
      source: `rule ${ruleName}`,
      onOutcome,
    });
  },
  queue: ({ services: { sqs } }, { ruleArn, target: { settings }, text }) => {
    sqs.deliver(settings.arn, text, {
      groupId: settings.messageGroupId,
      from: { service: EVENTS_PRINCIPAL, sourceArn: ruleArn },
    });
  },
  topic: ({ services: { sns } }, { ruleArn, target: { settings }, text }) => {
    const from = { service: EVENTS_PRINCIPAL, sourceArn: ruleArn };
    sns.deliver(settings.arn, text, { from });
  },
  bus: ({ services: { eventbridge, iam } }, { envelope, target: { settings } }) => {
    const { arn, roleArn = "" } = settings;
    if (!iam.canAssume(roleArn, EVENTS_PRINCIPAL)) {
      throw denied(`${EVENTS_PRINCIPAL} may not assume ${roleArn}, which would put events`, arn);
    }
    const action = "events:PutEvents";
    const context = {
      "events:source": [envelope.source],
      "events:detail-type": [envelope["detail-type"]],
    };
    iam.authorize({ kind: "role", arn: roleArn }, { action, resource: arn, context });
    eventbridge.bus(arn).receive(envelope);
  },
};

const denied = (who: string, resource: string, reason = ""): ServiceError =>
  new ServiceError(
    "AccessDeniedException",
    `User: ${who} on resource: ${resource} ${reason}`.trim(),
    {
      statusCode: 403,
    },
  );

/** Source: EventBridge user guide, "Using dead-letter queues to process undelivered events". */
function failureOf({ code, message, statusCode }: ServiceError): SendingFailure {
  if (/DoesNotExist|NotFound/.test(code)) return { code: "NO_RESOURCE", message, retryable: false };
  if (/AccessDenied|Authorization/.test(code)) {
    return { code: "NO_PERMISSIONS", message, retryable: false };
  }
  if (/Throttl|TooManyRequests/.test(code)) return { code: "THROTTLING", message, retryable: true };
  if (statusCode >= 500) return { code: "INTERNAL_ERROR", message, retryable: true };
  return { code: "INVALID_PARAMETER", message, retryable: false };
}
