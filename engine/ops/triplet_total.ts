/** What the triplet losses share: from sums by row to the loss and its metrics. */
import {
  batchNormStatistics,
  type Dispatch,
  lastAxis,
  rowCount,
  TRIPLET_METRICS,
  tripletTotal,
} from "../../kernels/mod.ts";
import { record, temporary } from "../recorder.ts";
import { computed, result, Tensor, type Uint32Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { sizesOf } from "./sizes.ts";

/** A triplet loss and its metrics. */
export interface TripletResult {
  /** [], for backward(). */
  readonly loss: Tensor;
  /** [8], in the order of `TRIPLET_METRICS`, of the triplets alone; has no gradient. */
  readonly metrics: Tensor;
}

/**
 * The loss, the mean over all triplets or over the active ones, and its metrics.
 *
 * @param triplets what the kernels bind besides the distances: which triplets there are.
 * @param terms the kernel that makes terms [rows, 8], a row for each of the distances'.
 * @param slopes the kernel that makes the gradient of the distances.
 */
export function lossOf(
  distances: Tensor,
  triplets: Readonly<Record<string, Value>>,
  embeddings: Tensor,
  mean: "all" | "active",
  terms: Dispatch,
  slopes: Dispatch,
): TripletResult {
  const rows = rowCount(distances.shape);
  const values = { ...triplets, distances: distances.value };
  const [count, width] = [rowCount(embeddings.shape), lastAxis(embeddings.shape)];
  const partial = temporary([1, 2, width]);
  const whole = { rows: count, channels: width, slices: 1, sliceRows: count, together: false };
  const { value: sums } = computed(temporary([rows, 8]), terms, values);
  record(batchNormStatistics(whole), { x: embeddings.value, partial });
  const loss = temporary([]);
  const metrics = temporary([TRIPLET_METRICS.length]);
  record(tripletTotal(rows, count, width, mean), { terms: sums, partial, loss, metrics });
  const differentiable = result([distances], [], loss, (gradient) => [
    computed(temporary(distances.shape), slopes, { ...values, metrics, dloss: gradient.value }),
  ]);
  return { loss: differentiable, metrics: new Tensor(metrics.shape, metrics) };
}

/** The images of a batch. @throws {ShapeError} when the distances are not square with a row for every label. */
export function checkBatch(op: string, distances: Tensor, labels: Uint32Tensor): number {
  return sizesOf(op, { distances: [distances, "B B"], labels: [labels, "B"] }).B;
}
