/** Rows for what networks are made of: chains of ops as MobileNetV2 and its heads join them. */
import { sameGeometry, symmetricGeometry } from "../../reference/conv_geometry.ts";
import type { ConvGeometry, Ops, TripletOptions } from "../../reference/ops.ts";
import {
  type GradientCase,
  gradientCase,
  type InputSpec,
  normal,
  normalAround,
  uniform,
  weight,
} from "./gradient_case.ts";

/** Gain and offset of a batch norm, as two inputs. */
function norm(channels: number): InputSpec[] {
  return [uniform(1.5, 4, [channels]), normalAround(3, [channels], 1.5)];
}

const activated = { epsilon: 1e-3, relu6: true };
const linear = { epsilon: 1e-3, relu6: false };

// All paddings of depthwise convolutions are in convolution.ts. Rows here have few: each compiles for seconds for GPUs.

/** A convolution of batchNorm + ReLU6: the chains that fused kernels compute in one go. [N, H, W, C, Cout] */
const afterNorm: GradientCase[] = [
  [2, 3, 4, 5, 7],
  [1, 5, 4, 8, 16],
  [6, 5, 3, 3, 4],
  [2, 3, 2, 24, 8],
  [1, 7, 2, 2, 1],
].flatMap(([n, h, w, c, out]) => [
  gradientCase(
    "pointwiseConv of batchNorm + ReLU6",
    [normal([n, h, w, c]), ...norm(c), weight([c, out], c)],
    (ops, [x, gamma, beta, k]) => ops.pointwiseConv(ops.batchNormTraining(x, gamma, beta, activated), k),
  ),
  ...[sameGeometry(h, w, 1), sameGeometry(h, w, 2), symmetricGeometry(2, 1)].map((geometry, i) =>
    gradientCase(
      "depthwiseConv of batchNorm + ReLU6",
      [normal([n, h, w, c]), ...norm(c), weight([3, 3, c], 9)],
      (ops, [x, gamma, beta, k]) =>
        ops.depthwiseConv(ops.batchNormTraining(x, gamma, beta, activated), k, geometry),
      { note: ["stride 1 SAME", "stride 2 SAME", "stride 2 symmetric 1"][i] },
    )
  ),
]);

/** Batch norm of a convolution: the statistics that a convolution leaves behind. [N, H, W, C, Cout] */
const beforeNorm: GradientCase[] = [
  [2, 3, 4, 5, 7],
  [1, 4, 4, 8, 16],
  [3, 2, 2, 3, 6],
].flatMap(([n, h, w, c, out]) => [
  gradientCase(
    "batchNorm of pointwiseConv",
    [normal([n, h, w, c]), weight([c, out], c), ...norm(out)],
    (ops, [x, k, gamma, beta]) => ops.batchNormTraining(ops.pointwiseConv(x, k), gamma, beta, activated),
  ),
  gradientCase(
    "batchNorm of depthwiseConv",
    [normal([n, h, w, c]), weight([3, 3, c], 9), ...norm(c)],
    (ops, [x, k, gamma, beta]) =>
      ops.batchNormTraining(ops.depthwiseConv(x, k, sameGeometry(h, w, 1)), gamma, beta, linear),
  ),
  gradientCase(
    "batchNorm of reshape of pointwiseConv",
    [normal([n, h, w, c]), weight([c, 4 * out], c), ...norm(4)],
    (ops, [x, k, gamma, beta]) =>
      ops.batchNormTraining(
        ops.reshape(ops.pointwiseConv(x, k), [n, h, w * out, 4]),
        gamma,
        beta,
        activated,
      ),
  ),
  gradientCase(
    "batchNorm chain",
    [normal([n, h, w, c]), ...norm(c), weight([c, out], c), ...norm(out)],
    (ops, [x, gamma1, beta1, k, gamma2, beta2]) => {
      const inner = ops.batchNormTraining(x, gamma1, beta1, activated);
      return ops.batchNormTraining(ops.pointwiseConv(inner, k), gamma2, beta2, linear);
    },
  ),
]);

/** More rows than a workgroup takes together, and no multiple of those; from 1 to 130 channels. [N, H, W, C, Cout] */
const slicesBeforeNorm: GradientCase[] = [
  [2, 5, 33, 6, 130],
  [3, 7, 13, 3, 1],
  [1, 33, 9, 37, 18],
].flatMap(([n, h, w, c, out]) => [
  gradientCase(
    "batchNorm of pointwiseConv",
    [normalAround(1, [n, h, w, c]), weight([c, out], c), ...norm(out)],
    (ops, [x, k, gamma, beta]) => ops.batchNormTraining(ops.pointwiseConv(x, k), gamma, beta, linear),
  ),
  gradientCase(
    "batchNorm of depthwiseConv",
    [normalAround(1, [n, h, w, c]), weight([3, 3, c], 9), ...norm(c)],
    (ops, [x, k, gamma, beta]) =>
      ops.batchNormTraining(ops.depthwiseConv(x, k, sameGeometry(h, w, 2)), gamma, beta, linear),
    { note: "stride 2" },
  ),
]);

/** Expand, depthwise, project (Sandler et al. 2018); the input is added back where `residual` is set. */
function invertedResidual<T, I>(
  ops: Ops<T, I>,
  [x, expand, gamma1, beta1, depthwise, gamma2, beta2, project, gamma3, beta3]: T[],
  geometry: ConvGeometry,
  residual: boolean,
): T {
  const expanded = ops.batchNormTraining(ops.pointwiseConv(x, expand), gamma1, beta1, activated);
  const filtered = ops.batchNormTraining(
    ops.depthwiseConv(expanded, depthwise, geometry),
    gamma2,
    beta2,
    activated,
  );
  const projected = ops.batchNormTraining(ops.pointwiseConv(filtered, project), gamma3, beta3, linear);
  return residual ? ops.add(x, projected) : projected;
}

/** [N, H, W, C, expansion, Cout, stride] */
const residualBlocks: GradientCase[] = [
  [2, 4, 3, 4, 6, 4, 1],
  [1, 5, 4, 3, 6, 3, 1],
  [2, 4, 2, 8, 2, 8, 1],
  [2, 5, 4, 4, 6, 6, 2],
  [1, 7, 6, 3, 4, 5, 2],
  [3, 3, 2, 8, 3, 12, 1],
].map(([n, h, w, c, expansion, out, stride]) => {
  const hidden = c * expansion;
  const residual = stride === 1 && c === out;
  return gradientCase(
    "inverted residual block",
    [
      normal([n, h, w, c]),
      weight([c, hidden], c),
      ...norm(hidden),
      weight([3, 3, hidden], 9),
      ...norm(hidden),
      weight([hidden, out], hidden),
      ...norm(out),
    ],
    (ops, inputs) => invertedResidual(ops, inputs, sameGeometry(h, w, stride), residual),
    { note: `stride ${stride}${residual ? " with residual add" : ""}` },
  );
});

const stems: GradientCase[] = [[1, 8, 4, 8], [2, 7, 5, 5]].map(([n, h, w, out]) =>
  gradientCase(
    "stem",
    [normal([n, h, w, 3]), weight([3, 3, 3, out], 27), ...norm(out), weight([3, 3, out], 9)],
    (ops, [x, k, gamma, beta, depthwise]) => {
      const first = ops.batchNormTraining(ops.conv2d(x, k, sameGeometry(h, w, 2)), gamma, beta, activated);
      const geometry = sameGeometry(Math.ceil(h / 2), Math.ceil(w / 2), 1);
      return ops.depthwiseConv(first, depthwise, geometry);
    },
    { note: "and its first depthwise" },
  )
);

/** [N, H, W, C, out] */
const pooledHeads: GradientCase[] = [[2, 3, 4, 5, 7], [4, 4, 2, 24, 10], [3, 1, 1, 8, 3]].flatMap((
  [n, h, w, c, out],
) => [
  gradientCase(
    "dense of globalAveragePool",
    [normal([n, h, w, c]), weight([c, out], c), normal([out])],
    (ops, [x, k, b]) => ops.dense(ops.globalAveragePool(x), k, b),
  ),
  gradientCase(
    "crossEntropy of dense of globalAveragePool",
    [normal([n, h, w, c]), weight([c, out], c), normal([out])],
    (ops, [x, k, b], [y]) => ops.crossEntropy(ops.dense(ops.globalAveragePool(x), k, b), y, 0.1),
    { indices: [Array.from({ length: n }, (_, i) => (2 * i + 1) % out)] },
  ),
]);

const labels = [2, 0, 2, 1, 0, 1, 2];

const embeddingLosses: GradientCase[] = ([
  { metric: "euclidean", margin: 0.5, softMargin: false },
  { metric: "squared", margin: 0.5, softMargin: false },
  { metric: "angular", margin: 0.3, softMargin: false },
  { metric: "euclidean", margin: 0, softMargin: true },
] as TripletOptions[]).flatMap((options) => {
  const inputs = [normal([7, 9]), weight([9, 5], 9), normal([5])];
  const about = { note: `${options.metric}${options.softMargin ? " soft margin" : ""}`, indices: [labels] };
  const embed = <T, I>(ops: Ops<T, I>, [x, k, b]: T[]) => ops.l2Normalize(ops.dense(x, k, b), 1e-12);
  return [
    gradientCase(
      "hard loss of l2Normalize of dense",
      inputs,
      (ops, tensors, [y]) => ops.hardTripletLoss(embed(ops, tensors), y, options),
      about,
    ),
    gradientCase(
      "semi-hard loss of l2Normalize of dense",
      inputs,
      (ops, tensors, [y]) => ops.semiHardTripletLoss(embed(ops, tensors), y, options),
      about,
    ),
    gradientCase(
      "basic loss of l2Normalize of dense",
      [normal([6, 9]), weight([9, 5], 9), normal([5])],
      (ops, tensors) => ops.basicTripletLoss(ops.reshape(embed(ops, tensors), [2, 3, 5]), options),
      { note: about.note },
    ),
  ];
});

const jointLosses: GradientCase[] = [
  gradientCase(
    "hard loss + identity loss",
    [normal([7, 6]), weight([6, 4], 6), normal([4])],
    (ops, [x, k, b], [y]) => {
      const triplet = ops.hardTripletLoss(ops.l2Normalize(x, 1e-12), y, {
        metric: "euclidean",
        margin: 0.3,
        softMargin: false,
      });
      return ops.add(triplet, ops.affine(ops.crossEntropy(ops.dense(x, k, b), y, 0.1), 0.5, 0));
    },
    { indices: [labels] },
  ),
];

/** Rows for composites. */
export const blockCases: GradientCase[] = [
  ...afterNorm,
  ...beforeNorm,
  ...slicesBeforeNorm,
  ...residualBlocks,
  ...stems,
  ...pooledHeads,
  ...embeddingLosses,
  ...jointLosses,
];
