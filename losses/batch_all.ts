/** The batch-all triplet loss. */
import {
  allTripletLoss,
  pairwiseDistance,
  type Tensor,
  type TripletResult,
  type Uint32Tensor,
} from "../engine/mod.ts";
import { type TripletOptions, tripletOptions } from "./triplet_options.ts";

/**
 * Mean of max(0, d(a, p) - d(a, n) + margin) over those triplets of a batch for which it is above 0: all anchors a, all
 * their positives p and all their negatives n. A batch without such a triplet has loss 0. With soft margin every term is
 * above 0, so that the mean is over all triplets. Embeddings [B, D], labels [B].
 *
 * Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017: L_BA in the form of
 * their table 1 that leaves the zeros out of the mean (BA, != 0), which learned better than the mean over all. The metrics
 * are of all triplets: `active` is the share of those in the mean.
 *
 * @param options {@link TRIPLET_DEFAULTS} where they are left out.
 * @throws {ShapeError} when there is not one label for every row of the embeddings.
 * @throws {RangeError} when the options have no meaning.
 */
export function batchAllTripletLoss(
  embeddings: Tensor,
  labels: Uint32Tensor,
  options: TripletOptions = {},
): TripletResult {
  const settings = tripletOptions(options);
  const distances = pairwiseDistance(embeddings, settings.metric);
  const mean = settings.softMargin ? "all" : "active";
  return allTripletLoss(distances, labels, embeddings, { ...settings, mean });
}
