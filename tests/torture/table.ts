/** The table of `deno task torture`: how it is printed, and how it is kept in a Markdown file. */
import type { Outcome } from "./torture.ts";

/** One torture and its outcome. */
export interface TortureRow {
  readonly name: string;
  readonly promise: string;
  readonly outcome: Outcome;
  readonly seconds: number;
}

/** The cells of one row; the first is the torture's name. */
type Cells = readonly string[];

const HEADER: Cells = [
  "torture",
  "what is promised",
  "trials",
  "losses",
  "hangs",
  "wrong",
  "seconds",
  "figures",
];
const isNumeric = (column: number) => column > 1 && column < HEADER.length - 1;

const HEADING = "## What is promised, and tried";
const BEGIN = "<!-- torture:begin -->";
const END = "<!-- torture:end -->";

/** Whether nothing was lost, hung or wrong, and at least one trial ran. */
export function isClean({ trials, losses, hangs, wrong }: Outcome): boolean {
  return trials > 0 && losses === 0 && hangs === 0 && wrong === 0;
}

function cellsOf({ name, promise, outcome, seconds }: TortureRow): Cells {
  const { trials, losses, hangs, wrong, figures = "" } = outcome;
  const counts = [trials, losses, hangs, wrong, Math.round(seconds)];
  // A "|" in a promise or in the figures must not end the cell.
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [name, cell(promise), ...counts.map((count) => count.toLocaleString("en")), cell(figures)];
}

/** Columns are aligned as `deno fmt` aligns them. */
function markdown(rows: readonly Cells[]): string {
  const widths = HEADER.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = (cells: Cells) => {
    const padded = cells.map((cell, i) => isNumeric(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, i) => isNumeric(i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width));
  return [HEADER, rule, ...rows].map(line).join("\n");
}

/** The rows as a Markdown table. */
export function tortureTable(rows: readonly TortureRow[]): string {
  return markdown(rows.map(cellsOf));
}

/** The text before the table, the rows of the table, and the text after it. */
function split(text: string): { before: string; kept: Cells[]; after: string } {
  const [before, inside, ...rest] = text.split(BEGIN);
  if (inside === undefined && !text.includes(END)) {
    const start = text.trim() === "" ? "" : `${text.trimEnd()}\n\n`;
    return { before: `${start}${HEADING}\n\n`, kept: [], after: "\n" };
  }
  const [table, after, ...more] = inside?.split(END) ?? [];
  if (after === undefined || rest.length + more.length > 0) {
    throw new SyntaxError(`Expected ${BEGIN} once and ${END} once after it`);
  }
  const rows = table.split("\n").filter((line) => line.startsWith("|")).slice(2);
  const kept = rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
  if (kept.some((cells) => cells.length !== HEADER.length)) {
    throw new SyntaxError(`Expected ${HEADER.length} cells in each row between ${BEGIN} and ${END}`);
  }
  return { before, kept, after };
}

/**
 * A Markdown text whose torture table holds these rows. Other rows of the table stay as they are. A text without
 * a table gets one at its end.
 *
 * @param order names of all tortures in the order of the table; rows with other names are removed
 * @throws {SyntaxError} when the text's markers or rows are not those of a torture table
 */
export function withTortureTable(
  text: string,
  rows: readonly TortureRow[],
  order: readonly string[],
): string {
  const { before, kept, after } = split(text);
  const cells = new Map([...kept, ...rows.map(cellsOf)].map((row) => [row[0], row]));
  const table = markdown(order.map((name) => cells.get(name)).filter((row) => row !== undefined));
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}
