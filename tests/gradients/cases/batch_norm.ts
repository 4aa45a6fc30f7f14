/** Rows for batch norm with this batch's statistics and with given ones. */
import { constant, type GradientCase, gradientCase, normal, normalAround, uniform } from "./gradient_case.ts";

const shapes = [
  [2, 3],
  [5, 7],
  [33, 4],
  [64, 1],
  [2, 3, 4, 5],
  [2, 4, 2, 8],
  [1, 3, 3, 2],
  [3, 1, 5, 16],
  [2, 4, 4, 24],
  [1, 8, 4, 32],
  [130, 3],
  [3, 16, 9, 12],
  [2, 40, 33, 5], // Rows enough for several slices.
];

/** Gains and offsets that leave ReLU6 open, shut and saturated in fair shares. */
const gain = (channels: number) => uniform(1.5, 4, [channels]);
const offset = (channels: number) => normalAround(3, [channels], 1.5);

const training: GradientCase[] = shapes.flatMap((shape) => {
  const channels = shape[shape.length - 1];
  return [false, true].map((relu6) =>
    gradientCase(
      "batchNormTraining",
      [normalAround(0.5, shape, 2), gain(channels), offset(channels)],
      (ops, [x, gamma, beta]) => ops.batchNormTraining(x, gamma, beta, { epsilon: 1e-3, relu6 }),
      { note: relu6 ? "with ReLU6" : "without ReLU6" },
    )
  );
});

const inference: GradientCase[] = shapes.map((shape, i) => {
  const channels = shape[shape.length - 1];
  const relu6 = i % 2 === 0;
  return gradientCase(
    "batchNormInference",
    [
      normalAround(0.5, shape, 2),
      gain(channels),
      offset(channels),
      constant(normal([channels])),
      constant(uniform(0.3, 4, [channels])),
    ],
    (ops, [x, gamma, beta, mean, variance]) =>
      ops.batchNormInference(x, gamma, beta, mean, variance, { epsilon: 1e-5, relu6 }),
    { note: relu6 ? "with ReLU6" : "without ReLU6" },
  );
});

const special: GradientCase[] = [
  gradientCase(
    "batchNormTraining",
    [normal([1, 6]), gain(6), offset(6)],
    (ops, [x, gamma, beta]) => ops.batchNormTraining(x, gamma, beta, { epsilon: 1e-3, relu6: false }),
    { note: "of a single row" },
  ),
  gradientCase(
    "batchNormTraining",
    [normalAround(100, [40, 5], 0.5), gain(5), offset(5)],
    (ops, [x, gamma, beta]) => ops.batchNormTraining(x, gamma, beta, { epsilon: 1e-3, relu6: true }),
    { note: "of a mean far above the deviation" },
  ),
  gradientCase(
    "batchNormTraining",
    [normal([9, 4], 0.01), gain(4), offset(4)],
    (ops, [x, gamma, beta]) => ops.batchNormTraining(x, gamma, beta, { epsilon: 1e-3, relu6: false }),
    { note: "of a variance below epsilon" },
  ),
  gradientCase(
    "batchNormTraining",
    [normal([2, 4, 3, 6], 3), gain(6), offset(6)],
    (ops, [x, gamma, beta]) => ops.batchNormTraining(x, gamma, beta, { epsilon: 1e-5, relu6: true }),
    { note: "epsilon 1e-5" },
  ),
];

/** Rows for batch norm. */
export const batchNormCases: GradientCase[] = [...training, ...inference, ...special];
