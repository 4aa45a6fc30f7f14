/** Every kernel of the bench. A new kernel adds one row to one of these tables. */
import type { BenchRow } from "../row.ts";
import { convolutionRows } from "./convolutions.ts";
import { elementwiseRows } from "./elementwise.ts";
import { lossRows } from "./losses.ts";
import { normalisationRows } from "./normalisation.ts";
import { rankingRows } from "./ranking.ts";

/** All rows for an adapter whose reductions want this many threads. */
export function allRows(parallelism: number): BenchRow[] {
  return [
    ...convolutionRows(parallelism),
    ...normalisationRows(parallelism),
    ...lossRows(),
    ...rankingRows(),
    ...elementwiseRows(parallelism),
  ];
}
