/** Distances too many to be held at once: in parts of the columns' images, and in blocks of rows for each part. */
import { tensorBytes } from "../../kernels/mod.ts";

/** About how much of the distances is held at a time, in bytes. */
export interface RerankBudget {
  /** Embeddings of a part, on the GPU. */
  readonly part: number;
  /** Distances of a block of rows, on the GPU; about three times as much is held, as kernels pass them on. */
  readonly block: number;
  /** Distances of rows on their way to the caller, outside the GPU. */
  readonly rows: number;
}

export const RERANK_BUDGET: RerankBudget = { part: 112 * 2 ** 20, block: 20 * 2 ** 20, rows: 64 * 2 ** 20 };

/** Rows in a block: of more the product would be no faster. */
const ROWS = 256;

/** From and to of a range of images. */
export type Range = readonly [from: number, to: number];

/** Cuts `count` into the fewest ranges of at most `most`, all of about the same length. */
export function ranges(count: number, most: number): Range[] {
  const parts = Math.ceil(count / Math.max(1, Math.floor(most)));
  const length = Math.ceil(count / parts);
  return Array.from({ length: parts }, (_, i) => [i * length, Math.min(count, (i + 1) * length)]);
}

/** Parts of the columns that the GPU holds one at a time. */
export function columnParts(columns: number, size: number, budget: RerankBudget): Range[] {
  return ranges(columns, Math.min(budget.part / tensorBytes([1, size]), budget.block / 4));
}

/** Rows of a block of distances to so many columns. */
export function rowsOfBlock(rows: number, columns: number, budget: RerankBudget): number {
  const most = Math.min(ROWS, Math.max(1, Math.floor(budget.block / (4 * columns))));
  return Math.ceil(rows / Math.ceil(rows / most));
}

/** Rows [from, to) of `embeddings`, with rows of 0 after them to make it `count` rows. */
export function rowsFrom(
  embeddings: Float32Array,
  [from, to]: Range,
  size: number,
  count: number,
): Float32Array {
  const rows = new Float32Array(count * size);
  rows.set(embeddings.subarray(from * size, to * size));
  return rows;
}
