/** All changes that `deno task mutants` tries. */
import { type Mutant, mutantsOf } from "./mutant.ts";
import { PICTURE_CHANGES, SAMPLING_CHANGES } from "./tables/data.ts";
import { EMBED_CHANGES, EXPORT_CHANGES } from "./tables/files.ts";
import { ENGINE_CHANGES, KERNEL_CHANGES } from "./tables/kernels.ts";
import { LOSS_CHANGES } from "./tables/losses.ts";
import { OPTIMIZER_CHANGES } from "./tables/optimizers.ts";
import { RANKING_CHANGES, RERANK_CHANGES } from "./tables/ranking.ts";
import { SEARCH_CHANGES, WEB_CHANGES } from "./tables/search.ts";
import { CHECKPOINT_CHANGES, TRAINING_CHANGES } from "./tables/training.ts";

/** In the order in which they are tried. */
export const MUTANTS: readonly Mutant[] = mutantsOf([
  ...OPTIMIZER_CHANGES,
  ...KERNEL_CHANGES,
  ...ENGINE_CHANGES,
  ...LOSS_CHANGES,
  ...RANKING_CHANGES,
  ...RERANK_CHANGES,
  ...SAMPLING_CHANGES,
  ...PICTURE_CHANGES,
  ...CHECKPOINT_CHANGES,
  ...TRAINING_CHANGES,
  ...EXPORT_CHANGES,
  ...EMBED_CHANGES,
  ...SEARCH_CHANGES,
  ...WEB_CHANGES,
]);
