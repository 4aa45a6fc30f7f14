/** What the triplet losses share: from sums by row to the loss and its metrics. */
import { batchNormStatistics, lastAxis, rowCount, TRIPLET_METRICS, tripletTotal } from "../../kernels/mod.ts";
import { record, temporary } from "../recorder.ts";
import type { Tensor, Uint32Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { sizesOf } from "./sizes.ts";

/** Loss [] and metrics [8] from terms [rows, 8]; the loss is the mean over all triplets or over the active ones. */
export function totalOf(
  terms: Value,
  rows: number,
  embeddings: Tensor,
  mean: "all" | "active",
): { loss: Value; metrics: Value } {
  const [count, width] = [rowCount(embeddings.shape), lastAxis(embeddings.shape)];
  const partial = temporary([1, 2, width]);
  const whole = { rows: count, channels: width, slices: 1, sliceRows: count, together: false };
  record(batchNormStatistics(whole), { x: embeddings.value, partial });
  const loss = temporary([]);
  const metrics = temporary([TRIPLET_METRICS.length]);
  record(tripletTotal(rows, count, width, mean), { terms, partial, loss, metrics });
  return { loss, metrics };
}

/** The images of a batch. @throws {ShapeError} when the distances are not square with a row for every label. */
export function checkBatch(op: string, distances: Tensor, labels: Uint32Tensor): number {
  return sizesOf(op, { distances: [distances, "B B"], labels: [labels, "B"] }).B;
}
