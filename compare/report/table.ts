import { styleText } from "node:util";
import Table from "cli-table3";
import type { Row } from "../compare";
import { COLUMNS, type Column } from "./columns";

/** cli-table3 calls them so: `left` of a row of cells, `left-mid` of a line between rows. */
const NO_VERTICAL_LINES = {
  left: "",
  middle: "",
  right: "",
  "top-left": "",
  "top-mid": "",
  "top-right": "",
  "left-mid": "",
  "mid-mid": "",
  "right-mid": "",
  "bottom-left": "",
  "bottom-mid": "",
  "bottom-right": "",
};

/** The widest a table may be. */
export const WIDTH_MAX = 140;

/**
 * A table for a terminal, with lines and, unless told otherwise, colours for right and wrong.
 *
 * @param colours see https://no-color.org
 */
export function terminalTable(rows: readonly Row[], colours: boolean): string {
  const table = new Table({
    // Lines between columns would cost more room than they are worth.
    chars: NO_VERTICAL_LINES,
    head: COLUMNS.map(({ heading }) => heading.join("\n")),
    colAligns: COLUMNS.map(({ align }) => align),
    style: { head: colours ? ["bold"] : [], border: colours ? ["gray"] : [], compact: true },
  });
  for (const row of rows) {
    table.push(COLUMNS.map((column) => (colours ? coloured(column, row) : column.text(row))));
  }
  return table.toString();
}

function coloured({ good, text }: Column, row: Row): string {
  const verdict = good?.(row);
  if (verdict === undefined) return text(row);
  return styleText(verdict ? "green" : "red", text(row), { validateStream: false });
}

/** The same as aligned text, for files and pipes. */
export function plainTable(rows: readonly Row[]): string {
  const lines = [
    COLUMNS.map(({ heading }) => heading[0]),
    COLUMNS.map(({ heading }) => heading[1]),
    ...rows.map((row) => COLUMNS.map(({ text }) => text(row))),
  ];
  const widths = COLUMNS.map((_, at) => Math.max(...lines.map((cells) => cells[at]!.length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, at) =>
          COLUMNS[at]!.align === "left" ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
