/** The files that an ablation writes: its table, its plots, and a page with the plots. */
import { join } from "node:path";
import { writeWhole } from "../write_whole.ts";
import { ablationPage, ablationPlot } from "./plots.ts";
import { type AblationRow, summarize } from "./summary.ts";
import { ablationTable, type AblationTerms } from "./table.ts";

/** Writes the files into a folder, and returns the table. */
export async function writeResults(
  folder: string,
  rows: readonly AblationRow[],
  terms: Omit<AblationTerms, "adapter">,
): Promise<string> {
  const summary = summarize(rows);
  const adapters = new Set(rows.flatMap(({ cells }) => cells.map(({ adapter }) => adapter)));
  const table = ablationTable(summary, { ...terms, adapter: [...adapters].join(" and ") });
  const plots = [ablationPlot(summary, "mAP"), ablationPlot(summary, "rank1")] as const;
  const save = (name: string, text: string) => writeWhole(join(folder, name), text);
  await save("table.md", table);
  await save("mAP.svg", plots[0]);
  await save("rank-1.svg", plots[1]);
  await save("ablation.html", ablationPage("Ablation", terms.data, plots));
  return table;
}
