import assert from "node:assert/strict";
import { allCases } from "../gradients/cases/all_cases.ts";
import { drawCotangent, drawInputs, indicesOf, leaves, runReference } from "../gradients/draw_inputs.ts";
import { centralDifferences } from "./finite_differences.ts";
import { referenceOps as ops } from "./ops.ts";
import { seededRandom, seedOf } from "./seeded_random.ts";
import { clearanceOf, elementCount, gradients, leaf, type RefTensor } from "./tape.ts";

const MOST_COORDINATES = 24;

for (const [op, cases] of Map.groupBy(allCases.filter((row) => !row.atKink), (row) => row.op)) {
  Deno.test(`the reference's gradient of ${op} equals central differences`, () => {
    for (const row of cases) {
      const inputs = drawInputs(row).map((input) => Float64Array.from(input));
      const values = leaves(row, inputs);
      const output = row.run(ops, values, indicesOf(row));
      const cotangent = drawCotangent(seedOf(row.name), output.data.length);
      const analytic = gradients(output, values, cotangent);
      const random = seededRandom(seedOf(row.name));
      const coordinates = inputs.map((input, i) => {
        if (row.inputs[i].constant) return [];
        if (input.length <= MOST_COORDINATES) return [...input.keys()];
        return Array.from({ length: MOST_COORDINATES }, () => random.integer(input.length));
      });
      const contracted = (moved: Float64Array[]) =>
        runReference(row, moved).data.reduce((sum, y, i) => sum + y * cotangent[i], 0);
      const at = contracted(inputs);
      const differences = centralDifferences(
        contracted,
        inputs,
        coordinates,
      );
      const scale = norm(analytic.flatMap((gradient) => [...gradient])) /
        Math.sqrt(analytic.reduce((count, gradient) => count + gradient.length, 0));
      coordinates.forEach((chosen, i) => {
        const sampled = chosen.map((coordinate) => analytic[i][coordinate]);
        const error = norm(sampled.map((g, k) => g - differences[i][k]));
        const size = Math.max(norm(sampled), 0.01 * scale);
        // A quotient of differences cannot be better than the rounding of what is subtracted.
        const rounding = 1e-10 * Math.max(1, Math.abs(at)) * Math.sqrt(chosen.length);
        assert.ok(error <= 1e-6 * size + rounding, `${row.name}: input ${i} is off by ${error} of ${size}`);
      });
    }
  });
}

/** Two ways of computing the same thing have the same values and the same gradients. */
function expectSame(
  shapes: number[][],
  one: (inputs: RefTensor[]) => RefTensor,
  other: (inputs: RefTensor[]) => RefTensor,
): void {
  const random = seededRandom(seedOf(JSON.stringify(shapes)));
  const inputs = shapes.map((shape) =>
    leaf(shape, Array.from({ length: elementCount(shape) }, () => random.normal()))
  );
  const [a, b] = [one(inputs), other(inputs)];
  assert.deepEqual(a.shape, b.shape);
  assertClose(a.data, b.data);
  const cotangent = drawCotangent(1, a.data.length);
  const [left, right] = [gradients(a, inputs, cotangent), gradients(b, inputs, cotangent)];
  left.forEach((gradient, i) => assertClose(gradient, right[i]));
}

Deno.test("pointwiseConv() equals conv2d() with a window of one", () => {
  const geometry = { stride: 1, pads: { top: 0, bottom: 0, left: 0, right: 0 } };
  expectSame(
    [[2, 3, 4, 5], [5, 7]],
    ([x, w]) => ops.pointwiseConv(x, w),
    ([x, w]) => ops.conv2d(x, ops.reshape(w, [1, 1, 5, 7]), geometry),
  );
});

Deno.test("depthwiseConv() equals conv2d() with a weight that is diagonal in its channels", () => {
  const geometry = { stride: 2, pads: { top: 0, bottom: 1, left: 1, right: 1 } };
  const diagonal = leaf([1, 1, 3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expectSame(
    [[2, 6, 5, 3], [3, 3, 3]],
    ([x, w]) => ops.depthwiseConv(x, w, geometry),
    ([x, w]) => ops.conv2d(x, ops.mul(ops.reshape(w, [3, 3, 3, 1]), diagonal), geometry),
  );
});

Deno.test("batchNormTraining() equals its formula written elementwise", () => {
  expectSame(
    [[12, 3], [3], [3]],
    ([x, gamma, beta]) => ops.batchNormTraining(x, gamma, beta, { epsilon: 1e-3, relu6: true }),
    ([x, gamma, beta]) => {
      const centered = ops.sub(x, ops.mean(x, [0]));
      const variance = ops.mean(ops.mul(centered, centered), [0]);
      const xHat = ops.div(centered, ops.sqrt(ops.affine(variance, 1, 1e-3)));
      return ops.relu6(ops.add(ops.mul(xHat, gamma), beta));
    },
  );
});

Deno.test("crossEntropy() equals its formula written elementwise", () => {
  const labels = [2, 0, 2, 1];
  const target = leaf([4, 3], labels.flatMap((y) => [0, 1, 2].map((c) => (c === y ? 0.9 : 0) + 0.1 / 3)));
  expectSame(
    [[4, 3]],
    ([z]) => ops.crossEntropy(z, labels, 0.1),
    ([z]) => {
      const logSum = ops.reshape(ops.log(ops.sum(ops.exp(z), [1])), [4, 1]);
      return ops.affine(ops.sum(ops.mul(target, ops.sub(z, logSum))), -1 / 4, 0);
    },
  );
});

Deno.test("angular distance is 1 minus the product of normalized rows", () => {
  expectSame(
    [[3, 4], [5, 4]],
    ([a, b]) => ops.crossDistance(a, b, "angular"),
    ([a, b]) => {
      const cosine = ops.matmul(ops.l2Normalize(a, 1e-12), ops.transpose(ops.l2Normalize(b, 1e-12)));
      return ops.affine(cosine, -1, 1);
    },
  );
});

Deno.test("euclidean distances equal the square roots of the Gram form", () => {
  const squares = (x: RefTensor) => ops.sum(ops.mul(x, x), [1]);
  expectSame(
    [[3, 4], [5, 4]],
    ([a, b]) => ops.crossDistance(a, b, "euclidean"),
    ([a, b]) => {
      const products = ops.affine(ops.matmul(a, ops.transpose(b)), -2, 0);
      return ops.sqrt(ops.add(ops.add(ops.reshape(squares(a), [3, 1]), products), squares(b)));
    },
  );
});

Deno.test("softplus and cross-entropy neither overflow nor lose their gradient", () => {
  const x = leaf([2], [-1000, 1000]);
  const y = ops.softplus(x);
  assert.deepEqual([...y.data], [0, 1000]);
  assert.deepEqual([...gradients(y, [x], [1, 1])[0]], [0, 1]);
  const logits = leaf([1, 2], [5000, -5000]);
  const loss = ops.crossEntropy(logits, [1], 0);
  assert.equal(loss.data[0], 10000);
  assert.deepEqual([...gradients(loss, [logits])[0]], [1, -1]);
});

Deno.test("a zero row has angular distance 1 to every other and no gradient", () => {
  const x = leaf([2, 2], [0, 0, 3, 4]);
  const y = ops.pairwiseDistance(x, "angular");
  assert.deepEqual([...y.data], [0, 1, 1, 0]);
  assert.deepEqual([...gradients(y, [x], [1, 1, 1, 1])[0]], [0, 0, 0, 0]);
});

Deno.test("gradients() adds up every path and is 0 for what does not matter", () => {
  const [x, other] = [leaf([2], [3, 5]), leaf([1], [7])];
  const y = ops.sum(ops.add(ops.mul(x, x), x));
  const [dx, dOther] = gradients(y, [x, other]);
  assert.deepEqual([...dx], [7, 11]);
  assert.deepEqual([...dOther], [0]);
});

Deno.test("clearanceOf() finds the nearest kink anywhere below a value", () => {
  const x = leaf([3], [-2, 5.5, 9]);
  assert.equal(clearanceOf(ops.affine(ops.relu6(x), 10, 0)), 0.5);
  assert.equal(clearanceOf(ops.exp(x)), Infinity);
});

Deno.test("reference ops refuse shapes that do not fit", () => {
  const matrix = leaf([2, 3], [1, 2, 3, 4, 5, 6]);
  assert.throws(() => ops.matmul(matrix, matrix), RangeError);
  assert.throws(() => ops.add(matrix, leaf([2], [1, 2])), RangeError);
  assert.throws(() => ops.sum(matrix, [2]), RangeError);
  assert.throws(() => ops.gather(matrix, [2]), RangeError);
  assert.throws(() => ops.crossEntropy(matrix, [0, 3], 0), RangeError);
  assert.throws(
    () => ops.hardTripletLoss(matrix, [0], { metric: "squared", margin: 0, softMargin: false }),
    RangeError,
  );
  assert.throws(() => gradients(matrix, [matrix]), RangeError);
});

function assertClose(actual: Float64Array, expected: Float64Array): void {
  const size = Math.max(norm(expected), 1e-12);
  const error = norm(actual.map((value, i) => value - expected[i]));
  assert.ok(error <= 1e-12 * size, `off by ${error} of ${size}`);
}

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}
