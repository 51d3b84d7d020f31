/** One structured line. Fields are counts, codes and record ids; never a payload. */
export function logLine(
  level: "info" | "warn" | "error",
  message: string,
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
): void {
  console.log(JSON.stringify({ level, message, ...fields }));
}
