/**
 * Rows of cells as aligned columns.
 *
 * @param left how many columns are aligned to the left; the others are aligned to the right.
 */
export function table(rows: readonly (readonly string[])[], left = Infinity): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => widths[i] = Math.max(cell.length, widths[i] ?? 0));
  const aligned = (cell: string, i: number) =>
    i < left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  return rows.map((row) => row.map(aligned).join("  ").trimEnd()).join("\n");
}
