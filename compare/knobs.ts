import * as yaml from "yaml";
import { Refusal } from "./failure";

/** Settings of the program by their path: `{ "mappings.batchSize": 10 }`. */
export type Knobs = Readonly<Record<string, string | number | boolean>>;

/** Values of one knob that are to be compared. */
export interface Crossing {
  readonly path: string;
  readonly values: readonly (string | number | boolean)[];
}

/**
 * Reads `path=a,b`.
 *
 * @throws Refusal if it is something else
 */
export function parseCrossing(text: string): Crossing {
  const [, path, list] = /^([A-Za-z][A-Za-z.]*)=(.+)$/.exec(text) ?? [];
  const values = (list ?? "").split(",").map((value) => value.trim());
  if (path === undefined || values.includes("")) {
    throw new Refusal(
      `--with ${text}: expected knob=value,value, for instance idempotency=ledger,batch-hash ` +
        `or mappings.batchSize=10,100.`,
    );
  }
  return { path, values: values.map(scalarOf) };
}

/** Every combination of one value of each knob, the first knob changing slowest. No knobs: one, empty. */
export function combinations(crossings: readonly Crossing[]): Knobs[] {
  const repeated = crossings.find(({ path }, at) =>
    crossings.some((other, otherAt) => otherAt < at && other.path === path),
  );
  if (repeated !== undefined) {
    throw new Refusal(`--with ${repeated.path}: given twice; write all its values in one list.`);
  }
  return crossings.reduce<Knobs[]>(
    (before, { path, values }) =>
      before.flatMap((knobs) => values.map((value) => ({ ...knobs, [path]: value }))),
    [{}],
  );
}

/** A value as a stack file would have it: `10` is a number, `true` a flag. */
export function scalarOf(text: string): string | number | boolean {
  const value: unknown = yaml.parse(text);
  return typeof value === "number" || typeof value === "boolean" ? value : text;
}
