/**
 * Pulumi writes each serialized function so that every call of it builds its scope anew: an object, a `with`, two
 * closures. Inside, every name is looked up in that object at run time, and an import is three such calls. Here
 * the scope is built at the first call, and its names become parameters. Source: Pulumi's `serializeClosure.ts`.
 *
 * A function stays as it is where that could show: where it assigns to a captured variable (each call has a copy of
 * its own), or calls one that looks at `this`. Line numbers stay.
 */
export function withLastingScopes(text: string): string {
  if (!text.includes(SCOPE)) return text;
  const lookAtThis = new Set<string>();
  for (const [, name, , , body] of text.matchAll(SERIALIZED)) {
    if (/\bthis\b/.test(body!)) lookAtThis.add(name!);
  }
  return text.replace(SERIALIZED, (whole: string, ...[name, parameters, scope, body]: string[]) => {
    const captured = capturedIn(scope!);
    const isSafe =
      captured !== undefined &&
      !/\beval\b|\bwith\b|\barguments\b/.test(body!) &&
      !DESTRUCTURING_ASSIGNMENT.test(body!) &&
      captured.every(([inner, value]) => !lookAtThis.has(value) && !assigns(body!, inner));
    return isSafe ? lasting(name!, parameters!, captured, body!) : whole;
  });
}

const SCOPE = "this: undefined, arguments: undefined }) {";

/** Name, parameters, scope and body of a serialized function that captured neither `this` nor `arguments`. */
const SERIALIZED =
  /^function (\w+)\(([\w, ]*)\) \{\n {2}return \(function\(\) \{\n {4}with\(\{ (.*)this: undefined, arguments: undefined \}\) \{\n\nreturn ([^]*?);\n\n {4}\}\n {2}\}\)\.apply\(undefined, undefined\)\.apply\(this, arguments\);\n\}$/gm;

/** A variable, a global, a text, a number or a constant: what Pulumi captures without building anything. */
const CAPTURED =
  /([A-Za-z_$][\w$]*): ([A-Za-z_$][\w$]*|global(?:\.[A-Za-z]\w*)+|"(?:[^"\\]|\\.)*"|-?[\d.]+), /y;

/** `[a, b] = …` and `({ a } = …)` assign to several variables; declarations and parameters look different. */
const DESTRUCTURING_ASSIGNMENT = /[;{}(]\s*\[[^[\]]*\]\s*=[^=>]|[;{}]\s*\(\{[^{}]*\}\s*=[^=>]/;

type Captured = readonly (readonly [inner: string, value: string])[];

/** What the names of a scope stand for; `undefined` if some entry is of another kind. */
function capturedIn(scope: string): Captured | undefined {
  const captured: [string, string][] = [];
  let at = 0;
  while (at < scope.length) {
    CAPTURED.lastIndex = at;
    const [entry, inner, value] = CAPTURED.exec(scope) ?? [];
    if (entry === undefined) return undefined;
    captured.push([inner!, value!]);
    at += entry.length;
  }
  return captured;
}

/** Whether a body changes a variable of this name; it errs on the side of yes. */
function assigns(body: string, name: string): boolean {
  const variable = name.replace(/\$/g, "\\$&");
  const before = `(?<![\\w$.])${variable}(?![\\w$])`;
  const changed = `${before}\\s*(?:\\+\\+|--|(?:[-+*/%&|^]|\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?)?=(?![=>]))`;
  return new RegExp(`${changed}|(?:\\+\\+|--)\\s*${before}`).test(body);
}

function lasting(name: string, parameters: string, captured: Captured, body: string): string {
  const scope = `${name}__scope`;
  const inner = captured.map(([each]) => each).join(", ");
  const values = captured.map(([, value]) => `, ${value}`).join("");
  return (
    `var ${scope}; function ${name}(${parameters}) {\n  return (${scope} ??= (function(${inner}) {\n    {\n\n` +
    `return ${body};\n\n    }\n  }).call(undefined${values})).apply(this, arguments);\n}`
  );
}
