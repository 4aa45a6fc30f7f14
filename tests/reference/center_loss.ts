/** The center loss of the f64 reference, and how its centers move (Wen et al. 2016, equations 2 and 4). */
import { expectIndices, expectShape } from "./shapes.ts";
import { type Indices, record, type RefTensor } from "./tape.ts";

/** Half the sum over rows of [B, D] of their squared distance to their label's row of [C, D]; only rows get a gradient. */
export function centerLoss(features: RefTensor, centers: RefTensor, labels: Indices): RefTensor {
  const [rows, width] = features.shape;
  expectShape("Centers", centers, [-1, width]);
  expectIndices("Labels", labels, rows, centers.shape[0]);
  const differences = features.data.map((v, i) =>
    v - centers.data[labels[Math.floor(i / width)] * width + i % width]
  );
  const loss = differences.reduce((total, v) => total + v * v / 2, 0);
  return record([], Float64Array.of(loss), [features], (dy) => [differences.map((v) => v * dy[0])]);
}

/** The centers after one batch: c - rate · sum (c - x) / (1 + n) over the n rows of each label. */
export function movedCenters(
  centers: Float64Array,
  features: ArrayLike<number>,
  labels: readonly number[],
  rate: number,
): Float64Array {
  const width = features.length / labels.length;
  return Float64Array.from(centers, (c, i) => {
    const rows = [...labels.keys()].filter((row) => labels[row] === Math.floor(i / width));
    const sum = rows.reduce((total, row) => total + c - features[row * width + i % width], 0);
    return c - rate * sum / (1 + rows.length);
  });
}
