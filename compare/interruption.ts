import type { Pool } from "./pool";

/** What becomes of Ctrl-C while a pool works. */
export interface Interruption {
  /** Whether it came: the runs that it ended have failed, but that is what was asked for. */
  readonly happened: boolean;
  /** From now on it ends the process, as it does by itself. */
  stopListening(): void;
}

/** Ctrl-C ends the pool's threads, whatever they are doing, and with them their runs. */
export function closeOnInterrupt(pool: Pool): Interruption {
  let happened = false;
  const interrupt = (): void => {
    happened = true;
    void pool.close();
  };
  process.once("SIGINT", interrupt);
  return {
    get happened() {
      return happened;
    },
    stopListening: () => void process.off("SIGINT", interrupt),
  };
}
