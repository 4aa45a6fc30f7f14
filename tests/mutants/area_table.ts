/** The outcome of changes by area, as a table in Markdown. */

/** How a change ended. */
export type Outcome = "killed" | "survived" | "equivalent" | "error";

const COLUMNS: readonly Outcome[] = ["killed", "survived", "equivalent", "error"];

/** A row for each area, and one for all. */
export function areaTable(outcomes: ReadonlyMap<string, Outcome>): string {
  const areas = Map.groupBy(outcomes, ([name]) => name.split("/")[0]);
  const row = (area: string, entries: readonly (readonly [string, Outcome])[]) => {
    const counts = COLUMNS.map((column) => entries.filter(([, outcome]) => outcome === column).length);
    return [area, entries.length, ...counts];
  };
  const rows = [...[...areas].map(([area, entries]) => row(area, entries)), row("all", [...outcomes])];
  const lines = [["area", "changes", ...COLUMNS], ["---", ...COLUMNS.map(() => "---:"), "---:"], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
