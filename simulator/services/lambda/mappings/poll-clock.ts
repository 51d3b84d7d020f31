/** The instants at which a mapping polls one shard: every `intervalMs`, with a phase. */
export class PollClock {
  /** @param phaseMs 0 to `intervalMs` − 1 */
  constructor(
    readonly intervalMs: number,
    readonly phaseMs: number,
  ) {}

  /** The first poll after `atMs`: what is there at `atMs` is seen then. */
  firstAfter(atMs: number): number {
    const polls = Math.floor((atMs - this.phaseMs) / this.intervalMs) + 1;
    return this.phaseMs + polls * this.intervalMs;
  }
}
