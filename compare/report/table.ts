import { styleText } from "node:util";
import Table from "cli-table3";
import type { Row } from "../compare";
import { SYSTEM_OF } from "../workloads";
import { AGGREGATION_COLUMNS } from "./aggregation-columns";
import type { Column } from "./column";
import { ERROR_COLUMNS } from "./error-columns";
import { ORDER_COLUMNS } from "./order-columns";
import { TRIP_COLUMNS } from "./trip-columns";

const COLUMNS = {
  aggregation: AGGREGATION_COLUMNS,
  orders: ORDER_COLUMNS,
  windows: TRIP_COLUMNS,
  errorlab: ERROR_COLUMNS,
} as const;

/** The columns of rows that are all about one system. */
function columnsOf([row]: readonly Row[]): readonly Column[] {
  return row === undefined ? [] : COLUMNS[SYSTEM_OF[row.workload]];
}

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
  const columns = columnsOf(rows);
  const table = new Table({
    // Lines between columns would cost more room than they are worth.
    chars: NO_VERTICAL_LINES,
    head: columns.map(({ heading }) => heading.join("\n")),
    colAligns: columns.map(({ align }) => align),
    style: { head: colours ? ["bold"] : [], border: colours ? ["gray"] : [], compact: true },
  });
  for (const row of rows) {
    table.push(columns.map((column) => (colours ? coloured(column, row) : column.text(row))));
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
  const columns = columnsOf(rows);
  const lines = [
    columns.map(({ heading }) => heading[0]),
    columns.map(({ heading }) => heading[1]),
    ...rows.map((row) => columns.map(({ text }) => text(row))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]!.length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, at) =>
          columns[at]!.align === "left" ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
