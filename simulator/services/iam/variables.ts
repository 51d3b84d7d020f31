import type { ConditionContext } from "./condition-keys";
import { isModelledVariable } from "./condition-keys";
import type { Matcher } from "./pattern";

/** A pattern that may hold policy variables. */
export interface Template {
  /** Whether it depends on the request. */
  readonly variable: boolean;
  /** A variable without a value in this request matches nothing. */
  match(text: string, context: ConditionContext): boolean;
}

const VARIABLE = /\$\{([^}]*)\}/g;

/** `${*}`, `${?}` and `${$}` stand for the characters themselves. */
const isLiteral = (name: string): boolean => ["*", "?", "$"].includes(name);

/** The variables of a pattern that the simulated account cannot fill in. */
export function unknownVariables(pattern: string): string[] {
  return [...pattern.matchAll(VARIABLE)]
    .map((found) => found[1]!)
    .filter((name) => !isLiteral(name) && !isModelledVariable(name));
}

/** @param substitute false for policies older than version 2012-10-17, whose `${…}` is plain text */
export function compileTemplate(
  pattern: string,
  compile: (pattern: string) => Matcher,
  substitute: boolean,
): Template {
  if (!substitute || !pattern.includes("${")) {
    const matches = compile(pattern);
    return { variable: false, match: (text) => matches(text) };
  }
  return {
    variable: true,
    match: (text, context) => {
      const filled = fill(pattern, context);
      return filled !== undefined && compile(filled)(text);
    },
  };
}

function fill(pattern: string, context: ConditionContext): string | undefined {
  let complete = true;
  const filled = pattern.replace(VARIABLE, (_whole, name: string) => {
    if (isLiteral(name)) return name;
    const values = context.get(name.toLowerCase());
    if (values?.length !== 1) complete = false;
    return values?.[0] ?? "";
  });
  return complete ? filled : undefined;
}
