import { invalidPattern } from "./invalid-pattern";

/** Tests a value as JSON writes it, but with nothing escaped: texts stand in double quotes. */
export type TextTest = (text: string) => boolean;

/**
 * A text whatever its case: each character may be in lower or in upper case.
 *
 * @param pattern with the quotes that belong to it
 * @param where which end of the value it must reach
 */
export function compileIgnoringCase(
  pattern: string,
  where: "whole" | "prefix" | "suffix",
): TextTest {
  const either = [...pattern].map((character) => {
    const cases = new Set([character.toLowerCase(), character.toUpperCase()]);
    return `(?:${[...cases].map(escape).join("|")})`;
  });
  const start = where === "suffix" ? "" : "^";
  const end = where === "prefix" ? "" : "$";
  const expression = new RegExp(start + either.join("") + end, "u");
  return (text) => expression.test(text);
}

/**
 * `*` stands for any number of characters; `\*` and `\\` for the characters themselves.
 *
 * @throws InvalidEventPatternException
 */
export function compileWildcard(pattern: string): TextTest {
  const [first, ...rest] = literalsOf(`"${pattern}"`);
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first!.length + last.length) return false;
    if (!text.startsWith(first!) || !text.endsWith(last)) return false;
    // What comes earliest leaves most for the others: no need to go back.
    let from = first!.length;
    for (const literal of rest) {
      const at = text.indexOf(literal, from);
      if (at === -1) return false;
      from = at + literal.length;
    }
    return from <= text.length - last.length;
  };
}

/** What stands between the wildcards. */
function literalsOf(pattern: string): string[] {
  const literals = [""];
  for (let at = 0; at < pattern.length; at++) {
    const next = pattern[at + 1];
    if (pattern[at] === "*") {
      if (next === "*") {
        throw invalidPattern(`Consecutive wildcard characters at pos ${bytesBefore(pattern, at)}`);
      }
      literals.push("");
    } else if (pattern[at] !== "\\") literals.push(literals.pop()! + pattern[at]!);
    else if (next === "*" || next === "\\") {
      literals.push(literals.pop()! + next);
      at++;
    } else throw invalidPattern(`Invalid escape character at pos ${bytesBefore(pattern, at)}`);
  }
  return literals;
}

const bytesBefore = (text: string, at: number): number => Buffer.byteLength(text.slice(0, at));

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
