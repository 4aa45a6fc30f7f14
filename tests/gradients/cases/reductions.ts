/** Rows for sums, means and the global average pool. */
import { type GradientCase, gradientCase, normal } from "./gradient_case.ts";

const reductions: [number[], number[] | undefined][] = [
  [[5], undefined],
  [[1], undefined],
  [[3, 7], undefined],
  [[3, 7], [0]],
  [[3, 7], [1]],
  [[4, 1], [1]],
  [[1, 1, 6], [0]],
  [[2, 3, 4, 5], [1, 2]],
  [[2, 3, 4, 5], [0, 1, 2]],
  [[2, 3, 4, 5], [3]],
  [[2, 3, 4, 5], [0, 3]],
  [[2, 3, 4, 5], undefined],
  [[513, 3], [0]],
  [[3, 515], [1]],
  [[1030], undefined],
  [[20000], undefined],
  [[2100, 9], [0]],
];

const sumsAndMeans: GradientCase[] = reductions.flatMap(([shape, axes]) => {
  const note = axes === undefined ? "over all axes" : `over axes ${axes.join(", ")}`;
  return [
    gradientCase("sum", [normal(shape)], (ops, [x]) => ops.sum(x, axes), { note }),
    gradientCase("mean", [normal(shape)], (ops, [x]) => ops.mean(x, axes), { note }),
  ];
});

const pools: GradientCase[] = [
  [1, 1, 1, 1],
  [2, 3, 4, 5],
  [3, 1, 7, 8],
  [2, 8, 4, 24],
  [1, 5, 5, 3],
  [4, 4, 2, 33],
  [3, 8, 4, 160],
].map((shape) => gradientCase("globalAveragePool", [normal(shape)], (ops, [x]) => ops.globalAveragePool(x)));

const compositions: GradientCase[] = [
  gradientCase("mean", [normal([6, 5])], (ops, [x]) => ops.mean(ops.mul(x, x), [0]), { note: "of squares" }),
  gradientCase("sum", [normal([6, 5])], (ops, [x]) => ops.sum(ops.mul(ops.sum(x, [0]), ops.mean(x, [0]))), {
    note: "times mean",
  }),
];

/** Rows for reductions. */
export const reductionCases: GradientCase[] = [...sumsAndMeans, ...pools, ...compositions];
