import { z } from "zod";

/** What is wrong with one setting. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly expected: string;
  readonly came: unknown;
  /** What to do about it. Default: change the value, or remove the line. */
  readonly advice?: string;
}

/** A group of settings with every one of them worked out. */
export type Whole<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** A whole number in a range, with `also` allowed beside it and a unit for people. */
export function whole(minimum: number, maximum: number, also?: { value: number; means: string }) {
  const range = `a whole number from ${minimum} to ${maximum}`;
  const error = also === undefined ? range : `${range}, or ${also.value} for ${also.means}`;
  return z
    .int({ error })
    .refine((n) => n === also?.value || (n >= minimum && n <= maximum), { error });
}

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

export const flag = z.boolean({ error: "true or false" });

/** What a group expects when something else stands in its place. */
export const settingGroup = { error: "a group of settings" };

/** Versions are counted up and never used again; no function has had as many. */
export const VERSION_MAX = 1_000_000;

/** One Lambda function. Source: AWS Lambda quotas. */
export const functionKnobs = {
  /** MB. */
  memorySize: whole(128, 10_240),
  /** Seconds. */
  timeout: whole(1, 900),
  /** 0 stops the function. */
  reservedConcurrentExecutions: whole(0, 100_000, { value: -1, means: "none reserved" }),
  /** Of this function, where its versions have got out of step with the others'. */
  previousVersion: whole(1, VERSION_MAX, { value: 0, means: "the alias's" }),
};

/** What a function is when a stack says nothing. */
export const functionDefaults = {
  memorySize: 256,
  timeout: 30,
  reservedConcurrentExecutions: -1,
  previousVersion: 0,
} as const;

export const functionSchema = z.strictObject(functionKnobs, settingGroup).partial();
export type FunctionSettings = Whole<z.infer<typeof functionSchema>>;
