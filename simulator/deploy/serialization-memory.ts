import * as pulumi from "@pulumi/pulumi";
import { whileDebugging } from "./serialization-debugger";

type Runtime = typeof pulumi.runtime;
type Serialize = Runtime["serializeFunction"];
type CodePaths = Runtime["computeCodePaths"];

const runtime = pulumi.runtime as { -readonly [K in keyof Runtime]: Runtime[K] };

/**
 * Makes Pulumi remember, within this process, what it serialized and which packages it found: a program that is
 * synthesized for ten stacks has the same functions in each. Functions are told apart by identity, so that a closure
 * made anew, which may capture other values, is serialized anew.
 */
export function rememberSerialization(): void {
  const serialize = runtime.serializeFunction;
  if (remembering.has(serialize)) return;
  const texts = new WeakMap<object, Map<string, ReturnType<Serialize>>>();
  const remembered: Serialize = (func, args) => {
    const { allowSecrets, exportName, isFactoryFunction, serialize: filter } = args ?? {};
    const key = JSON.stringify([exportName, isFactoryFunction, allowSecrets, String(filter)]);
    const byKey = texts.get(func) ?? new Map<string, ReturnType<Serialize>>();
    texts.set(func, byKey);
    const known = byKey.get(key);
    if (known) return known;
    const text = whileDebugging(() => serialize(func, args));
    byKey.set(key, text);
    return text;
  };
  runtime.serializeFunction = remembered;
  remembering.add(remembered);
  runtime.computeCodePaths = rememberPaths(runtime.computeCodePaths);
}

const remembering = new WeakSet<object>();

function rememberPaths(compute: CodePaths): CodePaths {
  const known = new Map<string, ReturnType<CodePaths>>();
  return ((options: Parameters<CodePaths>[0]) => {
    const key = JSON.stringify([process.cwd(), options ?? {}]);
    const paths = known.get(key) ?? compute(options);
    known.set(key, paths);
    // A map of one's own: the caller adds the function's text to it.
    return paths.then((found) => new Map(found));
  }) as CodePaths;
}
