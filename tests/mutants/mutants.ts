/** All changes that `deno task mutants` tries. */
import { type Mutant, mutantsOf } from "./mutant.ts";
import { CHECKPOINT_CHANGES } from "./tables/checkpoints.ts";
import { ENGINE_CHANGES } from "./tables/engine.ts";
import { EMBED_CHANGES, EXPORT_CHANGES, MODEL_FILE_CHANGES } from "./tables/files.ts";
import { COMPARE_CHANGES, INSPECT_CHANGES } from "./tables/inspect.ts";
import { KERNEL_CHANGES } from "./tables/kernels.ts";
import { LAYOUT_CHANGES } from "./tables/layouts.ts";
import { LOSS_CHANGES } from "./tables/losses.ts";
import { OPTIMIZER_CHANGES } from "./tables/optimizers.ts";
import { PICTURE_CHANGES } from "./tables/pictures.ts";
import { RANKING_CHANGES, RERANK_CHANGES } from "./tables/ranking.ts";
import { SAMPLING_CHANGES } from "./tables/sampling.ts";
import { SEARCH_CHANGES, WEB_CHANGES } from "./tables/search.ts";
import { TRAINING_CHANGES } from "./tables/training.ts";
import { WEIGHTS_CHANGES } from "./tables/weights.ts";

/** In the order in which they are tried. */
export const MUTANTS: readonly Mutant[] = mutantsOf([
  ...OPTIMIZER_CHANGES,
  ...KERNEL_CHANGES,
  ...ENGINE_CHANGES,
  ...LOSS_CHANGES,
  ...RANKING_CHANGES,
  ...RERANK_CHANGES,
  ...COMPARE_CHANGES,
  ...SAMPLING_CHANGES,
  ...PICTURE_CHANGES,
  ...LAYOUT_CHANGES,
  ...CHECKPOINT_CHANGES,
  ...TRAINING_CHANGES,
  ...WEIGHTS_CHANGES,
  ...EXPORT_CHANGES,
  ...MODEL_FILE_CHANGES,
  ...EMBED_CHANGES,
  ...SEARCH_CHANGES,
  ...INSPECT_CHANGES,
  ...WEB_CHANGES,
]);
