/** The gradient table: every row. */
import { batchNormCases } from "./batch_norm.ts";
import { blockCases } from "./blocks.ts";
import { convolutionCases } from "./convolution.ts";
import { distanceCases } from "./distance.ts";
import { elementwiseCases } from "./elementwise.ts";
import type { GradientCase } from "./gradient_case.ts";
import { kinkCases } from "./kinks.ts";
import { layoutCases } from "./layout.ts";
import { lossCases } from "./losses.ts";
import { matrixCases } from "./matrix.ts";
import { reductionCases } from "./reductions.ts";
import { rowCases } from "./rows.ts";

/** Every row of the gradient table. */
export const allCases: readonly GradientCase[] = [
  ...elementwiseCases,
  ...reductionCases,
  ...rowCases,
  ...matrixCases,
  ...layoutCases,
  ...convolutionCases,
  ...batchNormCases,
  ...distanceCases,
  ...lossCases,
  ...kinkCases,
  ...blockCases,
];
