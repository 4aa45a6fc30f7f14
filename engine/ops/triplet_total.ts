/** What the triplet losses share: from sums by row to the loss and its metrics. */
import { batchNormStatistics, lastAxis, rowCount, TRIPLET_METRICS, tripletTotal } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { record, temporary } from "../recorder.ts";
import type { Tensor, Uint32Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";

/** Loss [] and metrics [8] from terms [rows, 8]; the loss is the mean over all triplets or over the active ones. */
export function totalOf(
  terms: Value,
  embeddings: Tensor,
  mean: "all" | "active",
): { loss: Value; metrics: Value } {
  const [count, width] = [rowCount(embeddings.shape), lastAxis(embeddings.shape)];
  const partial = temporary([1, 2, width]);
  const whole = { rows: count, channels: width, slices: 1, sliceRows: count, together: false };
  record(batchNormStatistics(whole), { x: embeddings.value, partial });
  const loss = temporary([]);
  const metrics = temporary([TRIPLET_METRICS.length]);
  record(tripletTotal(terms.shape[0], count, width, mean), { terms, partial, loss, metrics });
  return { loss, metrics };
}

/** The images of a batch. @throws {ShapeError} when the distances are not square with a row for every label. */
export function checkBatch(distances: Tensor, labels: Uint32Tensor): number {
  const [rows, columns] = distances.shape;
  if (
    distances.shape.length !== 2 || rows !== columns || labels.shape.length !== 1 || labels.shape[0] !== rows
  ) {
    throw new ShapeError(
      `Selecting triplets takes distances [B, B] and labels [B]; got [${distances.shape}] and [${labels.shape}]`,
    );
  }
  return rows;
}
