import { durationText, type View, type ViewLine } from "./view";

/** Where the picture goes. */
export interface Output {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows views: one picture that is drawn again and again in a terminal, a line per change elsewhere. */
export class Screen {
  #drawnLines = 0;
  /** What was told last; lines without a state are never news. */
  readonly #known = new Map<string, ViewLine>();

  constructor(
    private readonly output: Output,
    private readonly heading: string,
    private readonly views: readonly View[],
  ) {}

  /** @param elapsedMs virtual time since the run began */
  show(elapsedMs: number): void {
    const parts = this.views.map((view) => ({ title: view.title, lines: view.lines() }));
    if (this.output.isTTY === true) this.#draw(elapsedMs, parts);
    else this.#tell(elapsedMs, parts);
  }

  #draw(elapsedMs: number, parts: readonly Part[]): void {
    const lines = [`${this.heading}   ${durationText(elapsedMs)}`];
    for (const { lines: shown, title } of parts) {
      if (shown.length === 0) continue;
      const width = Math.max(...shown.map(({ label }) => label.length));
      const texts = shown.map(
        ({ detail, label, state }) =>
          `  ${label.padEnd(width)}  ${[state, detail].filter(Boolean).join(" ")}`,
      );
      lines.push("", title, ...texts);
    }
    const { columns = 80, rows = 24 } = this.output;
    // A picture higher than the terminal could not be gone back to.
    const room = Math.max(1, rows - 1);
    const fitting =
      lines.length <= room
        ? lines
        : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`];
    const back = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : "";
    const text = fitting.map((line) => `\u001b[2K${line.slice(0, columns - 1)}\n`).join("");
    this.output.write(`${back}\r${text}\u001b[J`);
    this.#drawnLines = fitting.length;
  }

  #tell(elapsedMs: number, parts: readonly Part[]): void {
    const now = new Map(
      parts.flatMap(({ lines, title }) => lines.map((line) => [`${title}: ${line.key}`, line])),
    );
    for (const [key, { detail, state }] of now) {
      const before = this.#known.get(key)?.state;
      if (state === "" || state === before || (before === undefined && state === "0")) continue;
      const change = before === undefined ? state : `${before} → ${state}`;
      this.#line(elapsedMs, `${key}: ${change}${detail === undefined ? "" : ` ${detail}`}`);
    }
    for (const [key, { gone = "no longer" }] of this.#known) {
      if (!now.has(key)) this.#line(elapsedMs, `${key}: ${gone}`);
    }
    this.#known.clear();
    for (const [key, line] of now) if (line.state !== "") this.#known.set(key, line);
  }

  #line(elapsedMs: number, text: string): void {
    this.output.write(`+${durationText(elapsedMs)}  ${text}\n`);
  }
}

interface Part {
  readonly title: string;
  readonly lines: readonly ViewLine[];
}
