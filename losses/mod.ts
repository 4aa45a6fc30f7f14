/**
 * Losses: each a function of embeddings (or logits) and labels, and the table that the command line picks from. They
 * work inside {@link Program.record} of `@reid/webgpu/engine`.
 *
 * @example What four embeddings cost, and where gradient descent would move them
 * ```ts
 * import { backward, Device, f32, Program, u32 } from "@reid/webgpu/engine";
 * import { semiHardTripletLoss } from "@reid/webgpu/losses";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const inputs = { embeddings: f32([4, 1], { differentiable: true }), labels: u32([4]) };
 * const program = await Program.record(device, inputs, ({ embeddings, labels }) => {
 *   const { loss } = semiHardTripletLoss(embeddings, labels, { margin: 0.5, metric: "squared" });
 *   return { loss, gradient: backward(loss).of(embeddings)! };
 * });
 * const { loss, gradient } = await program.run({ embeddings: [0, 1, 2, 4], labels: [7, 7, 8, 8] });
 * // Of the four pairs only (2, 4) costs anything: nothing is farther from 2 than 4 is, so it takes the farthest other, 0.
 * assert.equal(loss[0], (4 - 4 + 0.5) / 4);
 * assert.deepEqual([...gradient], [1, 0, -2, 1]);
 * program.destroy();
 * device.destroy();
 * ```
 *
 * @module
 */
export { MiningWarmUp } from "./mining_warm_up.ts";
export type { CrossEntropyResult, TripletResult } from "../engine/mod.ts";
export { CROSS_ENTROPY_METRICS, type Metric, METRICS, TRIPLET_METRICS } from "../kernels/mod.ts";
export { basicTripletLoss } from "./basic.ts";
export { batchAllTripletLoss } from "./batch_all.ts";
export { CenterLoss, centerLoss } from "./center.ts";
export { crossEntropy, identityLoss } from "./cross_entropy.ts";
export { hardTripletLoss } from "./hard.ts";
export { quadrupletLoss } from "./quadruplet.ts";
export { semiHardTripletLoss } from "./semi_hard.ts";
export { type BatchKind, type LossEntry, type LossName, lossTable } from "./table.ts";
export { TRIPLET_DEFAULTS, type TripletOptions, tripletOptions } from "./triplet_options.ts";
