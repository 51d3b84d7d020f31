/** One thing to be seen. */
export interface ViewLine {
  /** The same as long as it is the same thing. */
  readonly key: string;
  /** With the indentation that it is shown with. */
  readonly label: string;
  /** A change of it is news. */
  readonly state: string;
  /** Changes with time alone: shown, but no news. */
  readonly detail?: string;
  /** What is said when the line is there no more. @default `no longer` */
  readonly gone?: string;
}

/** A part of the picture. It looks, and never acts: the account's run is as it would be unwatched. */
export interface View {
  readonly title: string;
  /** What there is now; lines may come and go. */
  lines(): readonly ViewLine[];
}

/** `1 h 05 min`, `5 min 20 s`, `12 s`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return minutes > 0 ? `${minutes} min ${String(rest).padStart(2, "0")} s` : `${rest} s`;
}
