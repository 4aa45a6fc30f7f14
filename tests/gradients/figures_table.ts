/** The gradient table as it is printed: one line for each op. */
import type { CaseFigures } from "./harness.ts";

/** Cases and worst errors of every op, in the order in which ops first appear. */
export function figuresTable(figures: readonly CaseFigures[]): string {
  const rows = [["op", "cases", "output", "gradient", "differences", "failed"]];
  for (const [op, cases] of Map.groupBy(figures, (figure) => figure.op)) rows.push(rowOf(op, cases));
  rows.push(rowOf("all", figures));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join(
      "  ",
    )
  ).join("\n");
}

function rowOf(op: string, figures: readonly CaseFigures[]): string[] {
  const worst = (errors: number[]) => errors.length === 0 ? "-" : Math.max(...errors).toExponential(1);
  return [
    op,
    String(figures.length),
    worst(figures.map((figure) => figure.outputError)),
    worst(figures.map((figure) => figure.gradientError)),
    worst(figures.flatMap((figure) => figure.differenceError ?? [])),
    String(figures.filter((figure) => figure.failures.length > 0).length),
  ];
}
