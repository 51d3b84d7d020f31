/** The values of a request's condition keys. Keys are compared in lower case. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

/**
 * Condition keys that requests in the simulated account carry, in lower case. A policy with another one is
 * refused: on AWS the key might be there, and missing it would decide the statement wrongly.
 */
const MODELLED = new Set([
  // Carried by every request.
  "aws:principalarn",
  "aws:principalaccount",
  "aws:principaltype",
  "aws:principalisawsservice",
  "aws:requestedregion",
  "aws:securetransport",
  "aws:viaawsservice",
  // Carried by what a service does on behalf of a resource.
  "aws:principalservicename",
  "aws:sourcearn",
  "aws:sourceaccount",
  // Requests of one service; that service fills them in.
  "dynamodb:leadingkeys",
  "dynamodb:attributes",
  "events:source",
  "events:detail-type",
  "events:creatoraccount",
  "lambda:functionarn",
]);

/** No operation of the simulated account checks these services' actions, so their keys decide nothing. */
const WITHOUT_EFFECT = ["kms:", "xray:", "cloudwatch:", "ec2:"];

export function isModelledKey(key: string): boolean {
  const lower = key.toLowerCase();
  return MODELLED.has(lower) || WITHOUT_EFFECT.some((prefix) => lower.startsWith(prefix));
}

/** Policy variables, `${aws:SourceAccount}`, that may stand in resources and condition values. */
export function isModelledVariable(name: string): boolean {
  return name.toLowerCase().startsWith("aws:") && MODELLED.has(name.toLowerCase());
}

export function toContext(
  ...parts: (Readonly<Record<string, string | readonly string[]>> | undefined)[]
): ConditionContext {
  const context = new Map<string, readonly string[]>();
  for (const part of parts) {
    for (const [key, value] of Object.entries(part ?? {})) {
      context.set(key.toLowerCase(), typeof value === "string" ? [value] : value);
    }
  }
  return context;
}
