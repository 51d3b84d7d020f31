import type { TaskOutcome } from "../../compare/worker";

/** A worker whose runs throw, in line 5. */
export default function runTask(): TaskOutcome {
  throw new Error("on purpose");
}
