import type { RunJson } from "./result";

/** What a verdict is made from. */
export type Judged = Omit<RunJson, "verdict" | "trace" | "costUsd">;

/** A rule: what it is about, when it applies, and what it says. */
export interface Rule {
  readonly name: string;
  readonly applies: (run: Judged) => boolean;
  readonly says: (run: Judged) => string;
}
