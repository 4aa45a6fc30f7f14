/** The runs of an ablation, and which of them are finished. */
import { join } from "node:path";
import type { CellResult } from "../../train/ablation/cell.ts";
import { cellName, readCell } from "../../train/ablation/cell_files.ts";
import type { AblationRow } from "../../train/ablation/summary.ts";
import type { AblateFlags } from "./flags.ts";
import type { CellRequest } from "./cell_process.ts";

/** A run, and where its result is kept. */
export interface Cell extends CellRequest {
  readonly path: string;
}

/** An ablation under way. */
export interface OpenGrid {
  /** Seed by seed, so that all rows can be compared early; a run that rows share comes once. */
  readonly cells: readonly Cell[];
  /** Results by path; grows. */
  readonly finished: Map<string, CellResult>;
  /** Sentences for the table. */
  readonly notes: readonly string[];
  /** The rows with the results that there are by now. */
  rows(): AblationRow[];
}

/** Looks up which runs are finished: with the same settings, on the same data, by the same code unless any will do. */
export async function openGrid(
  flags: AblateFlags,
  digests: { readonly code: string; readonly data: string },
): Promise<OpenGrid> {
  const { out, data, cache, rows, seeds, optionsOf, anyCode } = flags;
  const cells = new Map<string, Cell>();
  const pathsOf = rows.map((): string[] => []);
  for (const seed of seeds) {
    for (const [i, row] of rows.entries()) {
      const options = optionsOf(row, seed);
      const path = join(out, "cells", await cellName(options, digests.data));
      cells.set(path, { options, data, cache, path });
      pathsOf[i]!.push(path);
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
      rows.map((row, i) => ({
        name: row.name,
        change: `\`${row.flags.join(" ")}\``,
        source: row.source,
        scoring: row.scoring ?? "plain",
        cells: pathsOf[i]!.flatMap((path) => finished.get(path) ?? []),
      })),
  };
}
