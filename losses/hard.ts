/** The batch-hard triplet loss. */
import {
  pairwiseDistance,
  selectHard,
  type Tensor,
  tripletLoss,
  type TripletResult,
  type Words,
} from "../engine/mod.ts";
import { checkTripletOptions, type TripletOptions } from "./triplet_options.ts";

/**
 * Mean over anchors of max(0, d(a, p) - d(a, n) + margin), where p is the anchor's farthest positive in the batch
 * and n its nearest negative. Anchors without one of the two are left out of the mean; a batch without any anchor
 * has loss 0. Embeddings [B, D], labels [B].
 *
 * Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017.
 *
 * @throws {ShapeError} when there is not one label for every row of the embeddings.
 * @throws {RangeError} when the options have no meaning.
 */
export function hardTripletLoss(embeddings: Tensor, labels: Words, options: TripletOptions): TripletResult {
  checkTripletOptions(options);
  const distances = pairwiseDistance(embeddings, options.metric);
  const { margin, softMargin } = options;
  return tripletLoss(distances, selectHard(distances, labels), embeddings, {
    margin,
    softMargin,
    withoutNegative: "skip",
  });
}
