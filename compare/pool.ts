import { join } from "node:path";
import { Piscina } from "piscina";
import type { PreparedTask } from "./jobs";
import { threadFile } from "./thread-file";
import type { TaskOutcome } from "./worker";

/** Threads that runs are done in. One simulation never leaves its thread. */
export interface Pool {
  /** Tasks begin in the order they are given. Never rejects: a thread that dies is a failed run. */
  run(task: PreparedTask): Promise<TaskOutcome>;
  /** Ends all threads, whatever they are doing. */
  close(): Promise<void>;
}

/** A run that grows beyond this ends its own thread, not the program. */
const HEAP_MB_MAX = 2048;

/** Room for what is dropped at once, which is nearly everything: at V8's default, collecting it takes twice as long. */
const YOUNG_MB_MAX = 192;

/** Starts threads that do what a module exports. */
export const startThreads = <Asked, Answer>(
  count: number,
  modulePath: string,
): Piscina<Asked, Answer> =>
  new Piscina({
    filename: threadFile(modulePath),
    minThreads: count,
    maxThreads: count,
    execArgv: ["--enable-source-maps"],
    resourceLimits: {
      maxOldGenerationSizeMb: HEAP_MB_MAX,
      maxYoungGenerationSizeMb: YOUNG_MB_MAX,
    },
  });

/** @param modulePath what the threads run */
export function createPool(
  workers: number,
  modulePath: string = join(__dirname, "worker.ts"),
): Pool {
  const piscina = startThreads<PreparedTask, TaskOutcome>(workers, modulePath);
  // Without a listener, a thread that dies between tasks would end the program.
  piscina.on("error", () => undefined);
  return {
    run: async (task) => {
      try {
        return await piscina.run(task);
      } catch (cause) {
        const { message, stack } = cause as Error;
        const failure = {
          phase: "run" as const,
          message: `The worker that ran it died: ${message}`,
          stackTrace: stack,
          ...task.runs[0],
        };
        return { results: [], failure };
      }
    },
    close: () => piscina.destroy(),
  };
}
