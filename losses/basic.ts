/** The triplet loss without mining: the triplets were drawn up beforehand. */
import { selectGiven, type Tensor, tripletDistance, tripletLoss, type TripletResult } from "../engine/mod.ts";
import { type TripletOptions, tripletOptions } from "./triplet_options.ts";

/**
 * Mean over T triplets of max(0, d(A, P) - d(A, N) + margin). Embeddings [T, 3, D] as anchor, positive, negative.
 *
 * Schroff, Kalenichenko and Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering", 2015.
 *
 * @param options {@link TRIPLET_DEFAULTS} where they are left out.
 * @throws {ShapeError} when the embeddings are not [T, 3, D].
 * @throws {RangeError} when the options have no meaning.
 */
export function basicTripletLoss(embeddings: Tensor, options: TripletOptions = {}): TripletResult {
  const settings = tripletOptions(options);
  const distances = tripletDistance(embeddings, settings.metric);
  const [triplets = 0] = embeddings.shape;
  return tripletLoss(distances, selectGiven(triplets), embeddings, { ...settings, withoutNegative: "skip" });
}
