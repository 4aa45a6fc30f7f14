/** Rows for L2 normalization, distances and cross-entropy. */
import type { Metric } from "../../reference/ops.ts";
import { exactly, type GradientCase, gradientCase, normal } from "./gradient_case.ts";

/** Every metric of the triplet losses. */
export const metrics: readonly Metric[] = ["euclidean", "squared", "angular"];

const normalized: GradientCase[] = [
  ...[[1, 1], [3, 5], [4, 8], [17, 33], [2, 128], [9, 2]].map((shape) =>
    gradientCase("l2Normalize", [normal(shape)], (ops, [x]) => ops.l2Normalize(x, 1e-12))
  ),
  gradientCase("l2Normalize", [normal([5, 6], 0.01)], (ops, [x]) => ops.l2Normalize(x, 1), {
    note: "of rows shorter than epsilon",
  }),
  gradientCase("l2Normalize", [normal([12, 3])], (ops, [x]) => ops.l2Normalize(x, 1.5), {
    note: "of rows on both sides of epsilon",
  }),
];

const pairwise: GradientCase[] = [[2, 1], [1, 4], [3, 5], [8, 16], [13, 7], [32, 24], [5, 130], [70, 40]]
  .flatMap((
    shape,
  ) =>
    metrics.filter((metric) => shape[1] > 1 || metric !== "angular").map((metric) =>
      gradientCase("pairwiseDistance", [normal(shape)], (ops, [x]) => ops.pairwiseDistance(x, metric), {
        note: metric,
      })
    )
  );

const cross: GradientCase[] = [[1, 1, 3], [3, 4, 5], [7, 2, 8], [16, 9, 24], [5, 33, 2], [70, 20, 36]]
  .flatMap((
    [m, n, width],
  ) =>
    metrics.map((metric) =>
      gradientCase(
        "crossDistance",
        [normal([m, width]), normal([n, width])],
        (ops, [a, b]) => ops.crossDistance(a, b, metric),
        { note: metric },
      )
    )
  );

const triplets: GradientCase[] = [[1, 3, 4], [5, 3, 7], [33, 3, 20]].flatMap((shape) =>
  metrics.map((metric) =>
    gradientCase("tripletDistance", [normal(shape)], (ops, [x]) => ops.tripletDistance(x, metric), {
      note: metric,
    })
  )
);

/** [rows, classes, smoothing, standard deviation of the logits] */
const entropies: GradientCase[] = ([
  [1, 2, 0, 1],
  [3, 5, 0, 1],
  [3, 5, 0.1, 1],
  [4, 16, 0.1, 3],
  [16, 33, 0.1, 1],
  [7, 751, 0.1, 1],
  [70, 130, 0.1, 1],
  [5, 1, 0.1, 1],
  [6, 10, 0, 30],
  [6, 10, 0.1, 30],
  [8, 4, 1, 1],
] as [number, number, number, number][]).map(([rows, classes, smoothing, deviation]) => {
  const labels = Array.from({ length: rows }, (_, row) => (row * 7 + 3) % classes);
  return gradientCase(
    "crossEntropy",
    [normal([rows, classes], deviation)],
    (ops, [logits], [y]) => ops.crossEntropy(logits, y, smoothing),
    { note: `smoothing ${smoothing}, logits' deviation ${deviation}`, indices: [labels] },
  );
});

const extreme: GradientCase[] = [
  gradientCase(
    "crossEntropy",
    [exactly([3, 3], [200, 0, -200, 100, 99, 98, -90, -90, -91])],
    (ops, [logits], [y]) => ops.crossEntropy(logits, y, 0),
    { note: "of logits beyond exp's range", indices: [[0, 2, 1]] },
  ),
];

/** Rows for embeddings' geometry and for cross-entropy. */
export const distanceCases: GradientCase[] = [
  ...normalized,
  ...pairwise,
  ...cross,
  ...triplets,
  ...entropies,
  ...extreme,
];
