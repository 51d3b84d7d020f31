import { Listr } from "listr2";
import type { OnProgress } from "./compare";

/** Shows, per stack, how many tasks are left. */
export interface Progress {
  readonly update: OnProgress;
  /** Leaves the lines as they are. */
  end(): Promise<void>;
}

/** One line per stack at a terminal; nothing elsewhere. */
export function showProgress(stacks: readonly string[], terminal: boolean): Progress {
  if (!terminal) return { update: () => undefined, end: () => Promise.resolve() };
  const lines = new Map(stacks.map((stack) => [stack, createLine()]));
  const list = new Listr(
    stacks.map((stack) => ({
      title: stack,
      task: (_: unknown, line: { title: string }) => {
        lines.get(stack)!.show = (left) => (line.title = `${stack}: ${left} left`);
        return lines.get(stack)!.ended;
      },
    })),
    { concurrent: true, exitOnError: false, registerSignalListeners: false },
  );
  const shown = list.run().then(
    () => undefined,
    () => undefined,
  );
  return {
    update: (stack, left) => {
      if (left === 0) lines.get(stack)?.end();
      else lines.get(stack)?.show(left);
    },
    end: () => {
      for (const line of lines.values()) line.end();
      return shown;
    },
  };
}

interface Line {
  show: (left: number) => void;
  readonly end: () => void;
  readonly ended: Promise<void>;
}

function createLine(): Line {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { show: () => undefined, end: () => end(), ended };
}
