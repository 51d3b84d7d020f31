import { createHash } from "node:crypto";
import type { Account } from "../account";

/** Looks up a `$context` variable by its name without `$context.`; what is absent is logged as `-`. */
export type LogValues = (name: string) => string | number | null | undefined;

/** A compiled format: makes a line. */
export type LogFormat = (valueOf: LogValues) => string;

const VARIABLE = /\$context\.([A-Za-z0-9]+(?:\.[A-Za-z0-9_]+)*)/g;

/** The line of a request must be findable. (AWS page: Set up CloudWatch logging for REST APIs.) */
const NEEDED = ["requestId", "extendedRequestId"];

const MONTHS = [
  ...["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
  ...["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
];

/** What AWS would say against a format, or `undefined`. */
export function problemWithFormat(format: string): string | undefined {
  if (format.includes("\n")) return "must be a single line";
  const named = [...format.matchAll(VARIABLE)].map(([, name]) => name!);
  if (NEEDED.some((name) => named.includes(name))) return undefined;
  return "must contain $context.requestId or $context.extendedRequestId";
}

/** Variables of what the account does not have (authorizers, firewalls, traces) are absent in every request. */
export function parseLogFormat(format: string): LogFormat {
  // Splitting by the one group leaves literal texts at even places, names at odd ones.
  const parts = format.split(VARIABLE);
  return (valueOf) => {
    let line = "";
    for (const [place, part] of parts.entries()) {
      const value = place % 2 === 0 ? part : valueOf(part);
      line +=
        place % 2 === 1 && (value === undefined || value === null || value === "") ? "-" : value;
    }
    return line;
  };
}

/** `01/Jan/2026:00:00:00 +0000`, as `$context.requestTime` is. */
export function commonLogTime(atMs: number): string {
  const [date = "", time = ""] = new Date(atMs).toISOString().split("T");
  const [year, month, day] = date.split("-");
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

/** Writes one line with the account's CloudWatch role; without its permissions the line is lost. */
export function writeAccessLog(
  { services }: Account,
  roleArn: string | undefined,
  logGroup: string,
  stageArn: string,
  line: string,
): void {
  // A group that is gone is not made again: access logs go to groups that exist.
  if (!roleArn || !services.cloudwatch.logs(logGroup)) return;
  services.cloudwatch.writeLogs(logGroup, streamOf(stageArn), [line], roleArn);
}

/** One log stream a stage, named by a hash as AWS's are. */
const streamOf = (stageArn: string): string => createHash("md5").update(stageArn).digest("hex");
