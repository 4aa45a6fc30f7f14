/** The grid of `deno task ablate`: from a base one factor at a time, and all that helps together. */
import type { Scoring } from "../../train/ablation/cell.ts";

/** One row: what it changes of the base. */
export interface GridRow {
  readonly name: string;
  /** Flags of `deno task train` beside those of the base. */
  readonly flags: readonly string[];
  /** Flags that the base's own may overrule: what the row's loss would otherwise bring along. */
  readonly before?: readonly string[];
  /** How the trained network is scored; rows that differ in this alone share their training. */
  readonly scoring?: Scoring;
  /** The paper. */
  readonly source: string;
}

/** Images in a step, as near as a sampler can: 8 × 4, 11 triplets (33) or 32 single ones. */
const BUDGET = ["--p", "8", "--k", "4", "--batch-size", "32", "--triplets", "11"];
/** So small that the grid takes less than an hour on two CPU cores; `--base` says otherwise where there is a GPU. */
const SIZE = ["--image-height", "96", "--image-width", "48"];

/** Epochs of a run; the number of steps is a multiple of it. */
export const EPOCHS = 4;

/** Flags that all rows have: as many steps of as many images. */
export function baseFlags(steps: number): string[] {
  return ["--epochs", `${EPOCHS}`, "--batches-per-epoch", `${steps / EPOCHS}`, ...BUDGET, ...SIZE];
}

/** What losses' own defaults would change of the base besides the loss. */
const AS_BASE = ["--id-loss", "0", "--lr", "0.01"];

const HERMANS = "Hermans et al. 2017";
const LUO = "Luo et al. 2019";
const RERANKING = "Zhong et al. 2017, Re-ranking";

/** The rows, the base first. */
export const GRID: readonly GridRow[] = [
  { name: "hard (base)", flags: ["--loss", "hard"], source: HERMANS },
  { name: "basic", flags: ["--loss", "basic"], before: AS_BASE, source: "Schroff et al. 2015" },
  { name: "semi-hard", flags: ["--loss", "semi-hard"], before: AS_BASE, source: "Schroff et al. 2015" },
  { name: "batch-all", flags: ["--loss", "batch-all"], source: HERMANS },
  { name: "quadruplet", flags: ["--loss", "quadruplet"], source: "Chen et al. 2017" },
  { name: "+ ID loss", flags: ["--loss", "hard", "--id-loss", "1"], source: LUO },
  {
    name: "+ ID loss and BNNeck",
    flags: ["--loss", "hard", "--id-loss", "1", "--neck", "bnneck"],
    source: LUO,
  },
  { name: "+ center loss", flags: ["--loss", "hard", "--center-loss", "0.0005"], source: "Wen et al. 2016" },
  {
    name: "+ erasing",
    flags: ["--loss", "hard", "--erase", "0.3"],
    source: "Zhong et al. 2017, Random Erasing",
  },
  {
    name: "+ color jitter",
    flags: ["--loss", "hard", "--color-jitter", "0.2"],
    source: "Howard 2013",
  },
  { name: "+ EMA", flags: ["--loss", "hard", "--ema", "0.99"], source: "Tarvainen and Valpola 2017" },
  { name: "+ flip at test", flags: ["--loss", "hard"], scoring: "flip", source: HERMANS },
  { name: "+ re-ranking (k1 20)", flags: ["--loss", "hard"], scoring: "rerank", source: RERANKING },
  { name: "+ re-ranking (k1 6)", flags: ["--loss", "hard"], scoring: "rerankFew", source: RERANKING },
  { name: "strong", flags: ["--recipe", "strong"], source: "see --recipe" },
  { name: "strong + flip at test", flags: ["--recipe", "strong"], scoring: "flip", source: HERMANS },
  {
    name: "strong + flip + re-ranking (k1 6)",
    flags: ["--recipe", "strong"],
    scoring: "flipRerankFew",
    source: RERANKING,
  },
];
