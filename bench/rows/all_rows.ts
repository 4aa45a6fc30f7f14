/** Every kernel of the bench. A new kernel adds one row to one of these tables. */
import type { Target } from "../../kernels/mod.ts";
import type { BenchRow } from "../row.ts";
import { convolutionRows } from "./convolutions.ts";
import { elementwiseRows } from "./elementwise.ts";
import { lossRows } from "./losses.ts";
import { normalizationRows } from "./normalization.ts";
import { rankingRows } from "./ranking.ts";

/** All rows for an adapter of this kind. */
export function allRows(target: Target): BenchRow[] {
  return [
    ...convolutionRows(target),
    ...normalizationRows(target),
    ...lossRows(target),
    ...rankingRows(),
    ...elementwiseRows(target),
  ];
}
