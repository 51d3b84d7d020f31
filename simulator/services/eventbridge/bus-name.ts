export const DEFAULT_BUS = "default";

/** The name of a bus from its name or ARN; `default` where none is given. */
export function busNameOf(nameOrArn: string | undefined): string {
  if (!nameOrArn) return DEFAULT_BUS;
  return /^arn:[^/]*:event-bus\/(.+)$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}
