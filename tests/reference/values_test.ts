import assert from "node:assert/strict";
import { batchStatistics } from "./batch_norm.ts";
import { sameGeometry, samePads, symmetricGeometry } from "./conv_geometry.ts";
import { adamStep, sgdStep } from "./optimizers.ts";
import { referenceOps as ops } from "./ops.ts";
import { gradients, leaf } from "./tape.ts";

const counting = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

Deno.test("SAME padding puts the extra zero after, as TensorFlow does", () => {
  assert.deepEqual(samePads(8, 2, 3), { before: 0, after: 1 });
  assert.deepEqual(samePads(7, 2, 3), { before: 1, after: 1 });
  assert.deepEqual(samePads(8, 1, 3), { before: 1, after: 1 });
  assert.deepEqual(samePads(1, 2, 3), { before: 1, after: 1 });
  assert.deepEqual(samePads(2, 2, 1), { before: 0, after: 0 });
  assert.deepEqual(samePads(8, 2, 5), { before: 1, after: 2 });
});

Deno.test("a 3x3 convolution of stride 2 sums the window that its padding puts it at", () => {
  const image = leaf([1, 4, 4, 1], counting(16));
  const ones = leaf([3, 3, 1, 1], new Array(9).fill(1));
  // SAME begins at row 0, symmetric padding 1 at row -1.
  assert.deepEqual([...ops.conv2d(image, ones, sameGeometry(4, 4, 2)).data], [54, 45, 72, 54]);
  assert.deepEqual([...ops.conv2d(image, ones, symmetricGeometry(2, 1)).data], [14, 30, 57, 99]);
  const windows = ops.depthwiseConv(image, leaf([3, 3, 1], new Array(9).fill(1)), sameGeometry(4, 4, 2));
  assert.deepEqual([...windows.data], [54, 45, 72, 54]);
});

Deno.test("a convolution's taps are laid out height, width, in, out", () => {
  const image = leaf([1, 1, 2, 2], [1, 2, 3, 4]);
  const weight = leaf([1, 2, 2, 2], counting(8));
  const geometry = { stride: 1, pads: { top: 0, bottom: 0, left: 0, right: 0 } };
  // 1*1 + 2*3 + 3*5 + 4*7 and 1*2 + 2*4 + 3*6 + 4*8.
  assert.deepEqual([...ops.conv2d(image, weight, geometry).data], [50, 60]);
});

Deno.test("dense, matmul and transpose multiply row-major matrices", () => {
  const x = leaf([2, 3], counting(6));
  const w = leaf([3, 2], [1, 0, 0, 1, 1, 1]);
  assert.deepEqual([...ops.matmul(x, w).data], [4, 5, 10, 11]);
  assert.deepEqual([...ops.dense(x, w, leaf([2], [100, 200])).data], [104, 205, 110, 211]);
  assert.deepEqual([...ops.transpose(x).data], [1, 4, 2, 5, 3, 6]);
});

Deno.test("broadcasting aligns on the right", () => {
  const row = leaf([3], [10, 20, 30]);
  assert.deepEqual([...ops.add(leaf([2, 3], counting(6)), row).data], [11, 22, 33, 14, 25, 36]);
  assert.deepEqual([...ops.mul(leaf([2, 1], [1, 2]), row).data], [10, 20, 30, 20, 40, 60]);
});

Deno.test("slices, gathered rows and joins keep row-major order", () => {
  const x = leaf([2, 3], counting(6));
  assert.deepEqual([...ops.slice(x, 1, 1, 3).data], [2, 3, 5, 6]);
  assert.deepEqual([...ops.gather(x, [1, 0, 1]).data], [4, 5, 6, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...ops.concat([x, leaf([2, 1], [7, 8])], 1).data], [1, 2, 3, 7, 4, 5, 6, 8]);
});

Deno.test("sums and means leave the axes they are not asked for", () => {
  const x = leaf([2, 1, 3], counting(6));
  assert.deepEqual([...ops.sum(x, [0]).data], [5, 7, 9]);
  assert.deepEqual(ops.sum(x, [0]).shape, [1, 3]);
  assert.deepEqual([...ops.mean(x, [1, 2]).data], [2, 5]);
  assert.deepEqual([ops.sum(x).shape, ops.sum(x).data[0]], [[], 21]);
  assert.deepEqual([...ops.globalAveragePool(leaf([1, 2, 2, 2], counting(8))).data], [4, 5]);
});

Deno.test("batch norm uses the biased variance", () => {
  const x = leaf([4, 1], [1, 3, 5, 7]);
  const { mean, variance } = batchStatistics(x);
  assert.deepEqual([mean[0], variance[0]], [4, 5]);
  const y = ops.batchNormTraining(x, leaf([1], [3]), leaf([1], [2]), { epsilon: 4, relu6: true });
  // (x - 4) / 3 * 3 + 2, clamped to 0 and 6.
  assert.deepEqual([...y.data].map((v) => Math.round(v * 1e12) / 1e12), [0, 1, 3, 5]);
  const given = ops.batchNormInference(x, leaf([1], [2]), leaf([1], [1]), leaf([1], [1]), leaf([1], [3]), {
    epsilon: 1,
    relu6: false,
  });
  assert.deepEqual([...given.data], [1, 3, 5, 7]);
});

Deno.test("distances of a 3-4-5 triangle", () => {
  const x = leaf([2, 2], [0, 4, 3, 0]);
  assert.deepEqual([...ops.pairwiseDistance(x, "euclidean").data], [0, 5, 5, 0]);
  assert.deepEqual([...ops.pairwiseDistance(x, "squared").data], [0, 25, 25, 0]);
  assert.deepEqual([...ops.pairwiseDistance(x, "angular").data], [0, 1, 1, 0]);
  assert.deepEqual([...ops.l2Normalize(leaf([1, 2], [3, 4]), 1e-12).data], [0.6, 0.8]);
});

Deno.test("label smoothing spreads its share over all classes", () => {
  // Uniform logits: log C whatever the target.
  assert.ok(
    Math.abs(ops.crossEntropy(leaf([2, 4], new Array(8).fill(3)), [0, 3], 0.1).data[0] - Math.log(4)) < 1e-12,
  );
  // q = (0.9 + 0.05, 0.05): -0.95 log p - 0.05 log(1 - p) with p = 3/4.
  const loss = ops.crossEntropy(leaf([1, 2], [Math.log(3), 0]), [0], 0.1).data[0];
  assert.ok(Math.abs(loss - (0.95 * Math.log(4 / 3) + 0.05 * Math.log(4))) < 1e-12);
});

Deno.test("sgdStep() adds weight decay to the gradient before momentum", () => {
  const [weights, velocity] = [Float64Array.of(2), Float64Array.of(0)];
  const options = { learningRate: 0.5, momentum: 0.5, weightDecay: 0.25 };
  sgdStep(weights, Float64Array.of(1), velocity, options);
  assert.deepEqual([weights[0], velocity[0]], [1.25, 1.5]);
  sgdStep(weights, Float64Array.of(1), velocity, options);
  // v = 0.75 + 1 + 0.3125.
  assert.deepEqual([weights[0], velocity[0]], [1.25 - 0.5 * 2.0625, 2.0625]);
});

Deno.test("adamStep() decays weights apart from the gradient and corrects its moments' start", () => {
  const weights = Float64Array.of(2, 2);
  const [first, second] = [new Float64Array(2), new Float64Array(2)];
  const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0.5 };
  adamStep(weights, Float64Array.of(1e-3, -40), first, second, { ...options, step: 1 });
  // The first step is lr * sign(g) whatever g's size, and lr * 0.5 * 2 of decay.
  [1.8, 2].forEach((expected, i) => assert.ok(Math.abs(weights[i] - expected) < 1e-12));
  adamStep(weights, Float64Array.of(0, 0), first, second, { ...options, weightDecay: 0, step: 2 });
  const mHat = 0.9 * 0.1 / (1 - 0.81);
  const vHat = 0.999 * 0.001 / (1 - 0.999 ** 2);
  assert.ok(Math.abs(weights[0] - (1.8 - 0.1 * mHat / Math.sqrt(vHat))) < 1e-12);
});

Deno.test("ReLU and ReLU6 have gradient 0 at their kinks, also behind a batch norm", () => {
  const x = leaf([5], [-1, 0, 3, 6, 7]);
  const ones = [1, 1, 1, 1, 1];
  assert.deepEqual([...gradients(ops.relu(x), [x], ones)[0]], [0, 0, 1, 1, 1]);
  assert.deepEqual([...gradients(ops.relu6(x), [x], ones)[0]], [0, 0, 1, 0, 0]);
  const rows = ops.reshape(x, [5, 1]);
  const [zero, one] = [leaf([1], [0]), leaf([1], [1])];
  const y = ops.batchNormInference(rows, one, zero, zero, one, { epsilon: 0, relu6: true });
  assert.deepEqual([...gradients(y, [x], ones)[0]], [0, 0, 1, 0, 0]);
});
