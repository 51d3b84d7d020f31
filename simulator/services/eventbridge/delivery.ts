import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Invocation } from "../lambda/invocation";
import type { EventEnvelope } from "./envelope";
import type { RuleSettings, RuleTarget } from "./service";

const PRINCIPAL = "events.amazonaws.com";

/** Why an event cannot be delivered, ever: such events are not retried. */
interface Refusal {
  readonly code: "NO_PERMISSIONS" | "NO_RESOURCE";
  readonly message: string;
}

/**
 * Sends an event to a target of a rule. One that the target can never take goes to the target's dead-letter
 * queue at once; what the function makes of it is the business of asynchronous invocation.
 *
 * @param identity what this delivery is about, for fault draws
 * @returns whether it was delivered
 */
export function deliverToTarget(
  account: Account,
  rule: RuleSettings,
  target: RuleTarget,
  envelope: EventEnvelope,
  identity: string,
  onOutcome: (invocation: Invocation) => void,
): boolean {
  const refusal = refusalOf(account, rule, target);
  if (refusal) {
    const { cloudwatch } = account.services;
    const what = `rule ${rule.name}: ${refusal.code} for ${target.arn}`;
    account.trace.append(account.kernel.now, what);
    cloudwatch.count("FailedInvocations", rule.name);
    if (target.deadLetterArn) deadLetter(account, rule, target, envelope, refusal);
    return false;
  }
  account.services.lambda.invokeAsync({
    functionName: target.arn,
    event: () => eventFor(target, envelope),
    recordCount: 1,
    identity,
    source: `rule ${rule.name}`,
    onOutcome,
  });
  return true;
}

const eventFor = ({ input }: RuleTarget, envelope: EventEnvelope): unknown =>
  input === undefined ? structuredClone(envelope) : JSON.parse(input);

function refusalOf(
  { services: { lambda } }: Account,
  rule: RuleSettings,
  target: RuleTarget,
): Refusal | undefined {
  if (!lambda.find(target.arn)) {
    return { code: "NO_RESOURCE", message: `The target ${target.arn} does not exist.` };
  }
  if (lambda.policyAllows(target.arn, PRINCIPAL, rule.arn)) return undefined;
  const message = `The policy of ${target.arn} does not let ${PRINCIPAL} invoke it for ${rule.arn}.`;
  return { code: "NO_PERMISSIONS", message };
}

/** Source: EventBridge user guide, "Using dead-letter queues to process undelivered events". */
function deadLetter(
  { services: { cloudwatch, sqs } }: Account,
  rule: RuleSettings,
  target: RuleTarget,
  envelope: EventEnvelope,
  { code, message }: Refusal,
): void {
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  try {
    sqs.deliver(target.deadLetterArn!, JSON.stringify(eventFor(target, envelope)), {
      attributes: {
        RULE_ARN: text(rule.arn),
        TARGET_ARN: text(target.arn),
        ERROR_CODE: text(code),
        ERROR_MESSAGE: text(message),
        RETRY_ATTEMPTS: text("0"),
      },
      from: { service: PRINCIPAL, sourceArn: rule.arn },
    });
    cloudwatch.count("InvocationsSentToDlq", rule.name);
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    cloudwatch.count("InvocationsFailedToBeSentToDlq", rule.name);
  }
}
