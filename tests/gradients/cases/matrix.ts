/** Rows for matrix products, dense layers and pointwise convolutions. */
import { type GradientCase, gradientCase, normal, weight } from "./gradient_case.ts";

const products: GradientCase[] = [
  [1, 1, 1],
  [2, 3, 4],
  [5, 7, 3],
  [8, 8, 8],
  [17, 33, 9],
  [64, 16, 32],
  [1, 100, 1],
  [100, 1, 7],
  [33, 5, 65],
  [16, 4, 24],
  [128, 3, 2],
  [3, 130, 5],
  [1, 6, 40],
  [70, 24, 1],
  [200, 70, 130],
].map(([m, k, n]) =>
  gradientCase("matmul", [normal([m, k]), weight([k, n], k)], (ops, [a, b]) => ops.matmul(a, b))
);

/** Shapes of a, and of b with its batch. */
const batched: GradientCase[] = ([
  [[3, 2, 4], [3, 4, 5]],
  [[2, 5, 7], [2, 7, 3]],
  [[1, 1, 1], [4, 1, 1]],
  [[2, 3, 5, 4], [2, 3, 4, 6]],
  [[2, 1, 5, 4], [1, 3, 4, 6]],
  [[3, 5, 4], [2, 1, 4, 6]],
  [[5, 4], [3, 4, 2]],
  [[2, 3, 4], [4, 5]],
  [[2, 2, 3, 8], [8, 4]],
  [[2, 2, 3, 4, 5], [2, 2, 3, 5, 2]],
  [[6, 17, 33], [6, 33, 9]],
] as [number[], number[]][]).map(([a, b]) =>
  gradientCase("matmul", [normal(a), weight(b, a[a.length - 1])], (ops, [x, w]) => ops.matmul(x, w))
);

const transposes: GradientCase[] = [
  ...[[1, 1], [1, 9], [5, 3], [8, 16], [33, 7], [130, 70], [2, 3, 5], [2, 3, 4, 7]].map((shape) =>
    gradientCase("transpose", [normal(shape)], (ops, [x]) => ops.transpose(x))
  ),
  ...[[1, 2], [0, -1], [3, 1]].map(([first, second]) =>
    gradientCase("transpose", [normal([2, 3, 4, 5])], (ops, [x]) => ops.transpose(x, first, second), {
      note: `of axes ${first} and ${second}`,
    })
  ),
  gradientCase(
    "transpose",
    [normal([6, 5]), normal([6, 7])],
    (ops, [a, b]) => ops.matmul(ops.transpose(a), b),
    {
      note: "in a product",
    },
  ),
  gradientCase("matmul", [normal([5, 7])], (ops, [x]) => ops.matmul(x, ops.transpose(x)), {
    note: "with itself",
  }),
];

const denseLayers: GradientCase[] = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 8, 16],
  [16, 32, 10],
  [7, 33, 2],
  [2, 128, 31],
  [32, 24, 4],
  [9, 3, 65],
  [20, 320, 40],
].map(([rows, inputs, outputs]) =>
  gradientCase(
    "dense",
    [normal([rows, inputs]), weight([inputs, outputs], inputs), normal([outputs])],
    (ops, [x, w, b]) => ops.dense(x, w, b),
  )
);

const denseRows: GradientCase[] = [[2, 3, 5], [1, 4, 8], [2, 2, 3, 7]].map((shape) =>
  gradientCase(
    "dense",
    [normal(shape), weight([shape[shape.length - 1], 6], shape[shape.length - 1]), normal([6])],
    (ops, [x, w, b]) => ops.dense(x, w, b),
  )
);

const pointwise: GradientCase[] = [
  [1, 1, 1, 1, 1],
  [2, 3, 4, 5, 7],
  [2, 4, 4, 8, 16],
  [1, 5, 3, 3, 2],
  [3, 4, 2, 16, 4],
  [2, 8, 4, 24, 8],
  [1, 7, 7, 2, 32],
  [4, 2, 2, 7, 5],
  [2, 6, 5, 1, 24],
  [1, 16, 8, 32, 3],
  [2, 3, 3, 33, 9],
  [5, 1, 1, 40, 12],
  [1, 1, 13, 4, 4],
  [2, 9, 4, 12, 20],
  [2, 16, 8, 24, 96],
  [3, 9, 7, 96, 24],
].map(([n, h, w, cin, cout]) =>
  gradientCase(
    "pointwiseConv",
    [normal([n, h, w, cin]), weight([cin, cout], cin)],
    (ops, [x, k]) => ops.pointwiseConv(x, k),
  )
);

/** Rows for matrix products. */
export const matrixCases: GradientCase[] = [
  ...batched,
  ...denseRows,
  ...products,
  ...transposes,
  ...denseLayers,
  ...pointwise,
];
