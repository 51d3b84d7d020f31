import { ASSUMPTIONS, synthesize, type AssumptionValues } from "../../../simulator";
import type { Example, Replayed } from "./example";

type AssumptionName = keyof typeof ASSUMPTIONS;

/** What the same example comes to under another value of one assumption. */
export interface Variant extends Replayed {
  readonly assumption: string;
  readonly value: string | number;
}

export interface ExampleReport extends Replayed {
  readonly name: string;
  readonly title: string;
  /** Values of the assumptions that the steps depended on, and that have other values. */
  readonly assumptions: Readonly<Record<string, string | number>>;
  /** Where another value of one of them makes other steps. */
  readonly variants: readonly Variant[];
  /** Those of which no other value makes other steps. */
  readonly indifferent: readonly string[];
}

export interface ReplayOptions {
  readonly seed: number;
  readonly assumptions: AssumptionValues;
}

/** Replays an example as asked, and once more for every other value of every assumption that it met. */
export async function replay(example: Example, options: ReplayOptions): Promise<ExampleReport> {
  const deployment = await synthesize(example.program);
  const replayWith = async (assumptions: AssumptionValues) => {
    const account = await deployment.start({ seed: options.seed, assumptions });
    const replayed = await example.play(account);
    return { replayed, used: account.assumptionsUsed, all: account.assumptions };
  };
  const { all, replayed, used } = await replayWith(options.assumptions);
  const assumptions: Record<string, string | number> = {};
  const variants: Variant[] = [];
  const indifferent: string[] = [];
  for (const assumption of used as AssumptionName[]) {
    const inForce = all[assumption]!;
    const values: readonly (string | number)[] = ASSUMPTIONS[assumption].values;
    const others = values.filter((value) => value !== inForce);
    if (others.length === 0) continue;
    assumptions[assumption] = inForce;
    const before = variants.length;
    for (const value of others) {
      const other = await replayWith({ ...options.assumptions, [assumption]: value });
      if (!isSame(replayed, other.replayed))
        variants.push({ assumption, value, ...other.replayed });
    }
    if (variants.length === before) indifferent.push(assumption);
  }
  const { name, title } = example;
  return { name, title, assumptions, ...replayed, variants, indifferent };
}

/** Times aside: a wait that is a little longer is not another course of things. */
function isSame(a: Replayed, b: Replayed): boolean {
  const said = ({ facts, steps }: Replayed): string =>
    JSON.stringify([steps.map(({ text }) => text), facts]);
  return said(a) === said(b);
}
