import type { Account } from "../account";
import type { RequiredPermission } from "../service";

/** How most calls say which stream they mean. */
export interface StreamTarget {
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

export function streamArn(
  { region, accountId }: { region: string; accountId: string },
  name: string,
): string {
  return `arn:aws:kinesis:${region}:${accountId}:stream/${name}`;
}

/** The name in a stream's ARN. */
export function streamNameOf(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

/** The ARN that a call acts on, whether or not there is such a stream. */
export function targetArn(target: StreamTarget, account: Account): string {
  return target.StreamARN ?? streamArn(account, target.StreamName ?? "");
}

/** Needs `action` on the stream that the input names. */
export function onStream(action: string) {
  return (input: StreamTarget, account: Account): RequiredPermission[] => [
    { action, resource: targetArn(input, account) },
  ];
}
