/** The quadruplet loss with the hardest quadruplets of a batch. */
import {
  add,
  pairwiseDistance,
  reshape,
  selectHard,
  selectNearestOthers,
  type Tensor,
  tripletLoss,
  type TripletResult,
  type Uint32Tensor,
} from "../engine/mod.ts";
import { type TripletOptions, tripletOptions } from "./triplet_options.ts";

/** The second margin as a share of the first: the weights 1 and 0.5 of the paper's adaptive margins. */
const SECOND_MARGIN = 0.5;

/**
 * The batch-hard triplet loss, and the mean over anchors of max(0, d(a, p) - d(n, k) + margin / 2), where p is the
 * anchor's farthest positive, n its nearest negative and k the image nearest to n that is of neither's identity: pairs of
 * one person should be nearer than pairs of two other people. Anchors without a positive, or without such a pair (there are
 * three identities or more where there is one), are left out of the second mean. With soft margin both terms are
 * log(1 + e^x). Embeddings [B, D], labels [B].
 *
 * Chen, Chen, Zhang and Huang, "Beyond triplet loss: a deep quadruplet network for person re-identification", 2017. They
 * compare squared outputs of a learned metric, sum over the quadruplets that their adaptive margin finds hard, and give
 * the second margin half the weight of the first; here the metric is an option, as for the other losses, and each
 * anchor's hard quadruplet stands for all. The nearest pair of the whole batch in place of (n, k) would be one pair for
 * almost all anchors, and their gradients together would draw the embeddings together. The metrics are those of the
 * triplets: the second term is in the loss alone.
 *
 * @param options {@link TRIPLET_DEFAULTS} where they are left out.
 * @throws {ShapeError} when there is not one label for every row of the embeddings.
 * @throws {RangeError} when the options have no meaning.
 */
export function quadrupletLoss(
  embeddings: Tensor,
  labels: Uint32Tensor,
  options: TripletOptions = {},
): TripletResult {
  const settings = tripletOptions(options);
  const distances = pairwiseDistance(embeddings, settings.metric);
  const hard = selectHard(distances, labels);
  const triplets = tripletLoss(distances, hard, embeddings, { ...settings, withoutNegative: "skip" });
  const [batch = 0] = distances.shape;
  const pairs = tripletLoss(
    reshape(distances, [1, batch * batch]),
    selectNearestOthers(distances, labels, hard),
    embeddings,
    { ...settings, margin: SECOND_MARGIN * settings.margin, withoutNegative: "skip" },
  );
  return { loss: add(triplets.loss, pairs.loss), metrics: triplets.metrics };
}
