/** A compiled `*`/`?` pattern. */
export type Matcher = (text: string) => boolean;

const SPECIAL = /[.+^${}()|[\]\\]/g;

/** Case-sensitive, as resources and `StringLike` are. `*` spans everything, colons and slashes too. */
export function compilePattern(pattern: string): Matcher {
  if (pattern === "*") return () => true;
  const first = pattern.search(/[*?]/);
  if (first === -1) return (text) => text === pattern;
  if (first === pattern.length - 1 && pattern.endsWith("*")) {
    const prefix = pattern.slice(0, -1);
    return (text) => text.startsWith(prefix);
  }
  const expression = toExpression(pattern);
  return (text) => expression.test(text);
}

/** Actions match whatever their case is. */
export function compileActionPattern(pattern: string): Matcher {
  const matches = compilePattern(pattern.toLowerCase());
  return (action) => matches(action.toLowerCase());
}

/** `ArnEquals` and `ArnLike`: each of the six colon-delimited parts matches for itself. */
export function compileArnPattern(pattern: string): Matcher {
  const parts = splitArn(pattern)?.map(compilePattern);
  if (!parts) return () => false;
  return (text) => {
    const values = splitArn(text);
    return values !== undefined && parts.every((matches, i) => matches(values[i]!));
  };
}

/** The six parts of an ARN; the last one keeps its colons. */
export function splitArn(arn: string): string[] | undefined {
  const parts = arn.split(":");
  if (parts.length < 6) return undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}

function toExpression(pattern: string): RegExp {
  const body = pattern.replace(SPECIAL, "\\$&").replace(/\*+/g, "[^]*").replace(/\?/g, "[^]");
  return new RegExp(`^${body}$`, "u");
}
