/** The batch-hard triplet loss. */
import {
  pairwiseDistance,
  selectHard,
  type Tensor,
  tripletLoss,
  type TripletResult,
  type Uint32Tensor,
} from "../engine/mod.ts";
import { type TripletOptions, tripletOptions } from "./triplet_options.ts";

/**
 * Mean over anchors of max(0, d(a, p) - d(a, n) + margin), where p is the anchor's farthest positive in the batch
 * and n its nearest negative. Anchors without one of the two are left out of the mean; a batch without any anchor
 * has loss 0. Embeddings [B, D], labels [B].
 *
 * Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017.
 *
 * @example Two people with two images each, and embeddings on a line
 * ```ts
 * import { Device, f32, hardTripletLoss, Program, u32 } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const program = await Program.record(
 *   device,
 *   { embeddings: f32([4, 1]), labels: u32([4]) },
 *   ({ embeddings, labels }) => ({ loss: hardTripletLoss(embeddings, labels, { margin: 0.5 }).loss }),
 * );
 * const { loss } = await program.run({ embeddings: [0, 2, 3, 4], labels: [7, 7, 8, 8] });
 * // Anchor by anchor: 2 - 3 + 0.5 is below 0, 2 - 1 + 0.5, 1 - 1 + 0.5, 1 - 2 + 0.5 is below 0.
 * assert.ok(Math.abs(loss[0]! - (0 + 1.5 + 0.5 + 0) / 4) < 1e-6);
 * program.destroy();
 * device.destroy();
 * ```
 *
 * @param options {@link TRIPLET_DEFAULTS} where they are left out.
 * @throws {ShapeError} when there is not one label for every row of the embeddings.
 * @throws {RangeError} when the options have no meaning.
 */
export function hardTripletLoss(
  embeddings: Tensor,
  labels: Uint32Tensor,
  options: TripletOptions = {},
): TripletResult {
  const settings = tripletOptions(options);
  const distances = pairwiseDistance(embeddings, settings.metric);
  const triplets = selectHard(distances, labels);
  return tripletLoss(distances, triplets, embeddings, { ...settings, withoutNegative: "skip" });
}
