import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { InvocationReport, TableWrite } from "./invoke-once";

/** An invocation for people. */
export function invocationText(title: string, report: InvocationReport): string {
  const { billedMs, calls, durationMs, error, logs, memoryMb, outcome, version, writes } = report;
  const lines = [
    title,
    "",
    `outcome   ${outcome}`,
    error === undefined
      ? `response  ${JSON.stringify(report.response ?? null)}`
      : `error     ${error.errorType}: ${error.errorMessage}`,
    `duration  ${durationMs} ms, billed ${billedMs} ms at ${memoryMb} MB, version ${version}`,
    `calls     ${calls.map(({ operation, times }) => `${operation} × ${times}`).join(", ") || "none"}`,
    ...section("writes", writes.flatMap(writeLines)),
    ...section("logs", logs),
  ];
  return lines.join("\n");
}

function section(name: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`${name.padEnd(10)}none`];
  return [name, ...lines.map((line) => `  ${line}`)];
}

function writeLines({ after, before, key, operation, table }: TableWrite): string[] {
  const what = before === undefined ? "+" : after === undefined ? "-" : "~";
  const shown = (item: Record<string, AttributeValue>): string =>
    Object.entries(item)
      .map(([name, value]) => `${name} ${plain(value)}`)
      .join(", ");
  return [
    `${what} ${table} ${shown(key)} (${operation})`,
    ...(before ? [`    before  ${shown(before)}`] : []),
    ...(after ? [`    after   ${shown(after)}`] : []),
  ];
}

/** An attribute without its type. */
function plain(value: AttributeValue): string {
  if (value.M) {
    const members = Object.entries(value.M).map(([name, inner]) => `${name} ${plain(inner)}`);
    return `{ ${members.join(", ")} }`;
  }
  if (value.L) return `[ ${value.L.map(plain).join(", ")} ]`;
  return String(value.S ?? value.N ?? value.BOOL ?? JSON.stringify(value));
}
