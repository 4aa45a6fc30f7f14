/** The grid of `deno task ablate`: changes of a base one at a time, and the best of them together. */
import type { Scoring } from "../../train/ablation/cell.ts";
import type { TrainingOptions } from "../../train/options.ts";

/** One row of the grid. */
export interface GridRow {
  readonly name: string;
  /** Its settings, which replace those of the base. */
  readonly settings: Partial<TrainingOptions>;
  /** Settings that replace the defaults of the row's loss; those of the base take precedence. */
  readonly defaults?: Partial<TrainingOptions>;
  /** How the trained network is scored; rows that differ only in this share their training. */
  readonly scoring?: Scoring;
  /** The paper. */
  readonly source: string;
}

/** Epochs of a run; the number of steps is a multiple of it. */
export const EPOCHS = 4;

/** Settings of all rows: equally many steps on about as many images. */
export function baseSettings(steps: number): Partial<TrainingOptions> {
  return {
    epochs: EPOCHS,
    batchesPerEpoch: steps / EPOCHS,
    // 8 × 4, 11 triplets (33) or 32 single images, as near as a sampler can.
    p: 8,
    k: 4,
    batchSize: 32,
    triplets: 11,
    // So small that the grid takes less than an hour on two CPU cores; use `--base` on a GPU.
    imageHeight: 96,
    imageWidth: 48,
  };
}

/** What the defaults of a loss would change in the base besides the loss. */
const AS_BASE = { idLoss: 0, learningRate: 0.01 };

const HERMANS = "Hermans et al. 2017";
const LUO = "Luo et al. 2019";
const RERANKING = "Zhong et al. 2017, Re-ranking";

/** The base. */
export const BASE: GridRow = { name: "hard (base)", settings: { loss: "hard" }, source: HERMANS };

/** The other rows. */
export const CHANGES: readonly GridRow[] = [
  { name: "basic", settings: { loss: "basic" }, defaults: AS_BASE, source: "Schroff et al. 2015" },
  { name: "semi-hard", settings: { loss: "semi-hard" }, defaults: AS_BASE, source: "Schroff et al. 2015" },
  { name: "batch-all", settings: { loss: "batch-all" }, source: HERMANS },
  { name: "quadruplet", settings: { loss: "quadruplet" }, source: "Chen et al. 2017" },
  { name: "+ ID loss", settings: { loss: "hard", idLoss: 1 }, source: LUO },
  { name: "+ ID loss and BNNeck", settings: { loss: "hard", idLoss: 1, neck: "bnneck" }, source: LUO },
  { name: "+ center loss", settings: { loss: "hard", centerLoss: 0.0005 }, source: "Wen et al. 2016" },
  {
    name: "+ erasing",
    settings: { loss: "hard", erase: 0.3 },
    source: "Zhong et al. 2017, Random Erasing",
  },
  { name: "+ color jitter", settings: { loss: "hard", colorJitter: 0.2 }, source: "Howard 2013" },
  { name: "+ EMA", settings: { loss: "hard", ema: 0.99 }, source: "Tarvainen and Valpola 2017" },
  { name: "+ flip at test", settings: { loss: "hard" }, scoring: "flip", source: HERMANS },
  { name: "+ re-ranking (k1 20)", settings: { loss: "hard" }, scoring: "rerank", source: RERANKING },
  { name: "+ re-ranking (k1 6)", settings: { loss: "hard" }, scoring: "rerankFew", source: RERANKING },
  { name: "strong", settings: { recipe: "strong" }, source: "see --recipe" },
  { name: "strong + flip at test", settings: { recipe: "strong" }, scoring: "flip", source: HERMANS },
  {
    name: "strong + flip + re-ranking (k1 6)",
    settings: { recipe: "strong" },
    scoring: "flipRerankFew",
    source: RERANKING,
  },
];
