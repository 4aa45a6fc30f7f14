/** The loss over all triplets of a batch. */
import {
  allTripletGradient,
  type AllTripletsShape,
  allTripletTerms,
  relations as relationsKernel,
  TRIPLET_METRICS,
} from "../../kernels/mod.ts";
import { record, temporary } from "../recorder.ts";
import { result, Tensor, type Uint32Tensor } from "../tensor.ts";
import type { TripletResult } from "./triplet.ts";
import { checkBatch, totalOf } from "./triplet_total.ts";

/** How all triplets become a loss. */
export interface AllTripletsOptions {
  /** How much farther than the positive a negative should be. */
  readonly margin: number;
  /** log(1 + e^x) of x = d(a, p) - d(a, n) in place of max(0, x + margin). */
  readonly softMargin: boolean;
  /** Whether the loss is the mean over all triplets or over the active ones. */
  readonly mean: "all" | "active";
}

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
  const shape: AllTripletsShape = { batch, ...options };
  const relations = temporary([batch, batch]);
  record(relationsKernel(batch), { labels: labels.value, relations });
  const terms = temporary([batch, 8]);
  record(allTripletTerms(shape), { distances: distances.value, relations, terms });
  const { loss, metrics } = totalOf(terms, batch, embeddings, options.mean);
  const differentiable = result([distances], [], loss, (gradient) => {
    const ddistances = temporary(distances.shape);
    record(allTripletGradient(shape), {
      distances: distances.value,
      relations,
      metrics,
      dloss: gradient.value,
      ddistances,
    });
    return [new Tensor(distances.shape, ddistances)];
  });
  return { loss: differentiable, metrics: new Tensor([TRIPLET_METRICS.length], metrics) };
}
