/** The runs of an ablation, and which of them are finished. */
import { join } from "node:path";
import type { CellResult } from "../../train/ablation/cell.ts";
import { cellName, readCell } from "../../train/ablation/cell_files.ts";
import type { AblationRow } from "../../train/ablation/summary.ts";
import { asFlags } from "../flags.ts";
import type { AblateFlags } from "./flags.ts";
import type { GridRow } from "./grid.ts";
import type { CellRequest } from "./cell_process.ts";

/** A run, and the file of its result. */
export interface Cell extends CellRequest {
  readonly path: string;
}

/** An ablation that is running. */
export interface OpenGrid {
  /** Ordered by seed, so that all rows can be compared early; a run that rows share comes once. */
  readonly cells: readonly Cell[];
  /** Results by path; grows. */
  readonly finished: Map<string, CellResult>;
  /** Sentences for the table. */
  readonly notes: readonly string[];
  /** The rows with the results so far. */
  rows(): AblationRow[];
}

/** Looks up the finished runs: same settings, same data and, without `anyCode`, same code. */
export async function openGrid(
  flags: AblateFlags,
  digests: { readonly code: string; readonly data: string },
): Promise<OpenGrid> {
  const { out, data, layout, cache, rows, seeds, optionsOf, anyCode } = flags;
  const cells = new Map<string, Cell>();
  const pathsOf = new Map(rows.map((row): [GridRow, string[]] => [row, []]));
  for (const seed of seeds) {
    for (const [row, paths] of pathsOf) {
      const options = optionsOf(row, seed);
      const path = join(out, "cells", await cellName(options, digests.data));
      cells.set(path, { options, data, layout, cache, path });
      paths.push(path);
    }
  }
  const finished = new Map<string, CellResult>();
  let otherCode = 0;
  for (const path of cells.keys()) {
    const stored = await readCell(path);
    if (stored === undefined || (stored.code !== digests.code && !anyCode)) continue;
    if (stored.code !== digests.code) otherCode++;
    finished.set(path, stored.result);
  }
  return {
    cells: [...cells.values()],
    finished,
    notes: otherCode === 0 ? [] : [
      `${otherCode} of ${cells.size} runs were made by another version of the program's code.`,
    ],
    rows: () =>
      [...pathsOf].map(([row, paths]) => ({
        name: row.name,
        change: `\`${asFlags(row.settings)}\``,
        source: row.source,
        scoring: row.scoring ?? "plain",
        cells: paths.flatMap((path) => finished.get(path) ?? []),
      })),
  };
}
