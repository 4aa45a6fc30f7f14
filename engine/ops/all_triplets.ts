/** The loss over all triplets of a batch. */
import { allTripletGradient, type AllTripletsShape, allTripletTerms, relations } from "../../kernels/mod.ts";
import { temporary } from "../recorder.ts";
import { computed, type Tensor, type Uint32Tensor } from "../tensor.ts";
import { checkBatch, lossOf, type TripletResult } from "./triplet_total.ts";

/** How all triplets become a loss. */
export type AllTripletsOptions = Omit<AllTripletsShape, "batch">;

/**
 * Mean over the triplets (a, p, n) of a batch, or over the active ones, of max(0, d(a, p) - d(a, n) + margin); 0 with zero
 * gradient where there are none.
 *
 * distances [B, B], labels [B]; `embeddings` [..., D] serve for their spread only. B³ triplets take B² memory.
 *
 * @throws {ShapeError} when the distances are not square with a row for every label.
 */
export function allTripletLoss(
  distances: Tensor,
  labels: Uint32Tensor,
  embeddings: Tensor,
  options: AllTripletsOptions,
): TripletResult {
  const batch = checkBatch("allTripletLoss", distances, labels);
  const shape = { batch, ...options };
  const triplets = {
    relations: computed(temporary([batch, batch]), relations(batch), { labels: labels.value }).value,
  };
  const [terms, slopes] = [allTripletTerms(shape), allTripletGradient(shape)];
  return lossOf(distances, triplets, embeddings, options.mean, terms, slopes);
}
