/** All changes that `deno task mutants` tries. */
import { type Mutant, mutantsOf } from "./mutant.ts";
import { ENGINE_CHANGES, KERNEL_CHANGES } from "./tables/kernels.ts";
import { LOSS_CHANGES } from "./tables/losses.ts";
import { OPTIMIZER_CHANGES } from "./tables/optimizers.ts";
import { RANKING_CHANGES, RERANK_CHANGES } from "./tables/ranking.ts";

/** In the order in which they are tried. */
export const MUTANTS: readonly Mutant[] = mutantsOf([
  ...OPTIMIZER_CHANGES,
  ...KERNEL_CHANGES,
  ...ENGINE_CHANGES,
  ...LOSS_CHANGES,
  ...RANKING_CHANGES,
  ...RERANK_CHANGES,
]);
