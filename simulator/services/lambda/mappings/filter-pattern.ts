import { compilePattern } from "../../eventbridge/patterns/pattern";

/** Characters in a pattern. Source: "Control which events Lambda sends to your function". */
const PATTERN_MAX = 4096;

/** A filter of a mapping. */
export interface FilterPattern {
  /** What it asks of the record's own content; nothing if it looks at other properties alone. */
  readonly data: unknown;
  readonly matches: (event: unknown) => boolean;
}

/**
 * Compiles one pattern of a mapping's `filterCriteria`: the language is EventBridge's.
 *
 * @param dataKey the property that holds a record's content: `body`, `data` or `dynamodb`
 * @throws Error with Lambda's message, for a pattern that is none
 */
export function compileFilterPattern(pattern: string, dataKey: string): FilterPattern {
  try {
    if (pattern.length > PATTERN_MAX) throw new Error(`longer than ${PATTERN_MAX} characters`);
    const matches = compilePattern(pattern);
    return { data: (JSON.parse(pattern) as Record<string, unknown>)[dataKey], matches };
  } catch (cause) {
    throw invalidFilter((cause as Error).message, cause);
  }
}

export const invalidFilter = (reason: string, cause?: unknown): Error =>
  new Error(`Invalid filter pattern definition. (${reason})`, { cause });
