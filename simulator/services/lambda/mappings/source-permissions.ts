import type { Account } from "../../account";
import type { StreamSource } from "../../stream-source";

/**
 * What Lambda must be able to do in the function's name to read a source. Documentation lists more for
 * Kinesis; these are what the check of AWS is known to insist on.
 */
const REQUIRED: Readonly<Record<StreamSource["kind"] | "sqs", readonly string[]>> = {
  kinesis: ["DescribeStream", "GetRecords", "GetShardIterator"],
  dynamodb: ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"],
  sqs: ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"],
};

/** Whether an ARN names a queue. */
export const isQueueArn = (arn: string): boolean => /^arn:aws:sqs:[^:]*:\d{12}:[\w.-]+$/.test(arn);

/** The kind of stream that an ARN names; nothing for any other event source. */
export function sourceKindOf(arn: string): StreamSource["kind"] | undefined {
  if (/^arn:aws:kinesis:[^:]*:\d{12}:stream\/[^/]+$/.test(arn)) return "kinesis";
  if (/^arn:aws:dynamodb:[^:]*:\d{12}:table\/[^/]+\/stream\/.+$/.test(arn)) return "dynamodb";
  return undefined;
}

/**
 * Why a function's role cannot read a source, in Lambda's words and with the missing actions; empty if it
 * can. To be asked when all policies exist.
 */
export function missingSourcePermissions(
  account: Account,
  roleArn: string,
  sourceArn: string,
): string[] {
  const kind = isQueueArn(sourceArn) ? "sqs" : sourceKindOf(sourceArn);
  if (!kind) return [];
  const { iam } = account.services;
  const missing = REQUIRED[kind]
    .map((action) => `${kind}:${action}`)
    // Listing has no resource of its own: a grant on everything counts, too.
    .filter((action) => !iam.allows(roleArn, action, sourceArn) && !grantedOnAll(action));
  if (missing.length === 0) return [];
  if (kind === "sqs") {
    const operation = missing[0]!.split(":")[1];
    return [
      `The provided execution role does not have permissions to call ${operation} on SQS. ` +
        `(${roleArn} lacks ${missing.join(", ")} on ${sourceArn}.)`,
    ];
  }
  return [
    `Cannot access stream ${sourceArn}. Please ensure the role can perform the GetRecords, ` +
      "GetShardIterator, DescribeStream, ListStreams Actions on your stream in IAM. " +
      `(${roleArn} lacks ${missing.join(", ")}.)`,
  ];

  function grantedOnAll(action: string): boolean {
    return action.endsWith(":ListStreams") && iam.allows(roleArn, action, "*");
  }
}
