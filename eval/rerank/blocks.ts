/** Sizes of the parts of columns and, for each part, blocks of rows in which many distances are computed. */
import { tensorBytes } from "../../kernels/mod.ts";
import { evenRanges, type Range } from "../ranges.ts";

/** Bytes held at a time, about. */
export interface RerankBudget {
  /** Embeddings of a part, on the GPU. */
  readonly part: number;
  /** Distances of a block of rows, on the GPU; kernels hold about three times as much. */
  readonly block: number;
  /** Distances of rows that are passed to the caller, outside the GPU. */
  readonly rows: number;
}

export const RERANK_BUDGET: RerankBudget = { part: 112 * 2 ** 20, block: 20 * 2 ** 20, rows: 64 * 2 ** 20 };

/** Rows in a block; the matrix product is no faster with more. */
const ROWS = 256;

/** Parts of the columns that the GPU holds one at a time. */
export function columnParts(columns: number, size: number, budget: RerankBudget): Range[] {
  return evenRanges(columns, Math.min(budget.part / tensorBytes([1, size]), budget.block / 4));
}

/** Rows in a block of distances to `columns` columns. */
export function rowsOfBlock(rows: number, columns: number, budget: RerankBudget): number {
  const most = Math.min(ROWS, Math.max(1, Math.floor(budget.block / (4 * columns))));
  return Math.ceil(rows / Math.ceil(rows / most));
}

/** Rows [from, to) of `embeddings`, padded with zeros to `count` rows. */
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
