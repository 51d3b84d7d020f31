/** `45 s`, `12 min`, `23.9 h`. */
export function inWords(seconds: number): string {
  if (seconds < 120) return `${trimmed(seconds)} s`;
  if (seconds < 7_200) return `${trimmed(seconds / 60)} min`;
  return `${trimmed(seconds / 3_600)} h`;
}

function trimmed(value: number): string {
  return String(value < 100 ? Math.round(value * 10) / 10 : Math.round(value));
}
