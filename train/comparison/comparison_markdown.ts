/** A comparison as Markdown. */
import { type Comparison, markNotes } from "./comparison.ts";
import { comparisonTables, type Table, tableNotes } from "./comparison_tables.ts";

const line = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function markdownTable({ title, head, rows }: Table): string {
  const rule = ["---", ...head.map(() => "---:")];
  return [`## ${title}`, "", line(["", ...head]), line(rule), ...rows.map(line)].join("\n");
}

/** The file's text. */
export function comparisonMarkdown(comparison: Comparison): string {
  // At the beginning of a line, * would begin a list.
  const marks = markNotes(comparison).map((note) => note.replace(/^\*/, "\\*"));
  const notes = [...marks, ...tableNotes(comparison)];
  return ["# Comparison", ...comparisonTables(comparison).map(markdownTable), ...notes].join("\n\n") + "\n";
}
