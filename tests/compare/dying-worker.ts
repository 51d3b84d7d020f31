import type { Task } from "../../compare/jobs";
import type { TaskOutcome } from "../../compare/worker";

/** A worker that dies at seed 13, and otherwise has nothing to say. */
export default function runTask({ runs }: Task): TaskOutcome {
  if (runs[0]!.seed === 13) process.exit(7);
  return { results: [] };
}
