/** The semi-hard triplet loss, mined online. */
import {
  pairwiseDistance,
  selectSemiHard,
  type Tensor,
  tripletLoss,
  type TripletResult,
  type Uint32Tensor,
} from "../engine/mod.ts";
import { type TripletOptions, tripletOptions } from "./triplet_options.ts";

/**
 * Mean over ordered positive pairs (a, p) of max(0, d(a, p) - d(a, n) + margin), where n is the nearest negative that
 * is strictly farther than p, or the anchor's farthest negative where none is. Embeddings [B, D], labels [B].
 *
 * Schroff, Kalenichenko and Philbin, "FaceNet", 2015, as TripletSemiHardLoss of TensorFlow Addons has it: pairs whose
 * hinge is 0 count in the mean, there is no upper bound at d(a, p) + margin, and an anchor without any negative
 * counts d(a, n) as the least distance of its row, which is 0, its own, and has no gradient. One deviation: the
 * Addons give NaN for a batch without a positive pair; here loss and gradient are 0.
 *
 * @param options {@link TRIPLET_DEFAULTS} where they are left out.
 * @throws {ShapeError} when there is not one label for every row of the embeddings.
 * @throws {RangeError} when the options have no meaning.
 */
export function semiHardTripletLoss(
  embeddings: Tensor,
  labels: Uint32Tensor,
  options: TripletOptions = {},
): TripletResult {
  const settings = tripletOptions(options);
  const distances = pairwiseDistance(embeddings, settings.metric);
  const triplets = selectSemiHard(distances, labels);
  return tripletLoss(distances, triplets, embeddings, { ...settings, withoutNegative: "zero" });
}
