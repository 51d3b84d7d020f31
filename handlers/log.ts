export type LogLine = typeof logLine;

/** One structured line. Fields are counts, codes and record ids; never a payload. */
export function logLine(
  level: "info" | "warn" | "error",
  message: string,
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
): void {
  console.log(JSON.stringify({ level, message, ...fields }));
}

/** Makes {@link logLine} once, for handlers that log for each order. */
export function createLogLine(): LogLine {
  return (level, message, fields) => {
    console.log(JSON.stringify({ level, message, ...fields }));
  };
}
