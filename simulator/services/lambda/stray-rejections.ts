/**
 * Where promises that guest code leaves rejected end up. Node reports a rejection that nothing handles to the
 * `process.domain` of the instant it happened, and to the whole process without one.
 */
export interface RejectionTrap {
  emit(event: "error", reason: unknown): boolean;
  /** Node asks for these once anything in the process has loaded `node:domain`. */
  enter(): void;
  exit(): void;
}

const host = process as { domain?: RejectionTrap | null };

let restoring = false;

/**
 * Runs code, and everything it wakes before the next turn of the host's event loop, so that rejections which nothing
 * handles go to `trap` and leave the host alone.
 */
export function withTrap<T>(trap: RejectionTrap, code: () => T): T {
  host.domain = trap;
  if (!restoring) {
    restoring = true;
    // What the code wakes are microtasks: all have run by then.
    setImmediate(() => {
      restoring = false;
      host.domain = undefined;
    });
  }
  return code();
}
