/** The triplet loss without mining: the triplets were drawn up beforehand. */
import { selectGiven, type Tensor, tripletDistance, tripletLoss, type TripletResult } from "../engine/mod.ts";
import { checkTripletOptions, type TripletOptions } from "./triplet_options.ts";

/**
 * Mean over T triplets of max(0, d(A, P) - d(A, N) + margin). Embeddings [T, 3, D] as anchor, positive, negative.
 *
 * Schroff, Kalenichenko and Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering", 2015.
 *
 * @throws {ShapeError} when the embeddings are not [T, 3, D].
 * @throws {RangeError} when the options have no meaning.
 */
export function basicTripletLoss(embeddings: Tensor, options: TripletOptions): TripletResult {
  checkTripletOptions(options);
  const distances = tripletDistance(embeddings, options.metric);
  const [triplets = 0] = embeddings.shape;
  return tripletLoss(distances, selectGiven(triplets), embeddings, { ...options, withoutNegative: "skip" });
}
