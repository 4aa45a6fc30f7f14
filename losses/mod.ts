/** Losses: each a function of embeddings (or logits) and labels, and the table that the command line picks from. */
export type { CrossEntropyResult, TripletResult } from "../engine/mod.ts";
export { CROSS_ENTROPY_METRICS, type Metric, METRICS, TRIPLET_METRICS } from "../kernels/mod.ts";
export { basicTripletLoss } from "./basic.ts";
export { batchAllTripletLoss } from "./batch_all.ts";
export { CenterLoss, centerLoss } from "./center.ts";
export { crossEntropy, identityLoss } from "./cross_entropy.ts";
export { hardTripletLoss } from "./hard.ts";
export { quadrupletLoss } from "./quadruplet.ts";
export { semiHardTripletLoss } from "./semi_hard.ts";
export { type BatchKind, type LossEntry, lossTable } from "./table.ts";
export { checkTripletOptions, type TripletOptions } from "./triplet_options.ts";
