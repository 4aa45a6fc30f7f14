/** Distances between rows: every one to every other, across two sets, and within given triplets. */
import {
  distance,
  distanceGradient,
  type DistanceShape,
  distanceWeights,
  gramDistance as gram,
  matmulTransposed,
  type Metric,
  squaredLengths,
  tripletDistance as withinTriplets,
  tripletDistanceGradient,
  type WeightForm,
} from "../../kernels/mod.ts";
import { recorder, temporary } from "../recorder.ts";
import { asTensor, computed, result, type Tensor, type TensorLike } from "../tensor.ts";
import type { Value } from "../value.ts";
import { directions } from "./normalize.ts";
import { sizesOf } from "./sizes.ts";

/**
 * Distance of every row to every row, computed from the differences: x [B, D] → [B, B].
 *
 * `squared` is |a - b|², `euclidean` its root with gradient 0 where it is 0, `angular` 1 - cosine (1 with no
 * gradient where a row is 0). The diagonal is exactly 0.
 *
 * @throws {ShapeError} when x is no matrix.
 */
export function pairwiseDistance(x: TensorLike, metric: Metric): Tensor {
  const { B, D } = sizesOf("pairwiseDistance", { x: [x, "B D"] });
  const rows = compared(asTensor(x), metric);
  const shape = { m: B, n: B, d: D };
  const values = { a: rows.value, b: rows.value };
  const { value: y } = computed(temporary([B, B]), distance(shape, metric, true), values);
  return result([rows], [B, B], y, (gradient) => [
    rowGradient(shape, rows, rows, distanceWeights(shape, metric, "both"), y, gradient.value),
  ]);
}

/**
 * Distance of every row of a to every row of b, computed from the differences: [M, D], [N, D] → [M, N].
 * Metrics as for {@link pairwiseDistance}.
 *
 * @throws {ShapeError} when a and b are no matrices of the same width.
 */
export function crossDistance(a: TensorLike, b: TensorLike, metric: Metric): Tensor {
  const shape = pairSizes("crossDistance", a, b);
  const [from, to] = [compared(asTensor(a), metric), compared(asTensor(b), metric)];
  const values = { a: from.value, b: to.value };
  const { value: y } = computed(temporary([shape.m, shape.n]), distance(shape, metric, false), values);
  return result([from, to], [shape.m, shape.n], y, (gradient, needs) => {
    const gradientOf = (form: WeightForm) => {
      const [x, other, turned] = form === "a"
        ? [from, to, shape]
        : [to, from, { m: shape.n, n: shape.m, d: shape.d }];
      return rowGradient(turned, x, other, distanceWeights(shape, metric, form), y, gradient.value);
    };
    return [needs[0] ? gradientOf("a") : null, needs[1] ? gradientOf("b") : null];
  });
}

/**
 * Distance of every row of a to every row of b through inner products, |a|² - 2 a·b + |b|², never below 0:
 * [M, D], [N, D] → [M, N]. Faster than {@link crossDistance} for large blocks, and less exact where rows are nearly
 * equal; has no gradient.
 *
 * @param squaredLengthsOfB [N], if known; a large b is then read once.
 * @throws {ShapeError} when a and b are no matrices of the same width, or the lengths are not those of b's rows.
 */
export function gramDistance(
  a: TensorLike,
  b: TensorLike,
  metric: Metric,
  squaredLengthsOfB?: Tensor,
): Tensor {
  const [left, right] = [asTensor(a), asTensor(b)];
  const shape = pairSizes("gramDistance", left, right);
  if (squaredLengthsOfB) {
    sizesOf("gramDistance", { b: [right, "N D"], squaredLengthsOfB: [squaredLengthsOfB, "N"] });
  }
  const aa = squaredRows(left.value, shape.m, shape.d);
  const bb = squaredLengthsOfB?.value ?? squaredRows(right.value, shape.n, shape.d);
  const { m, d, n } = shape;
  const products = matmulTransposed({ m, k: d, n }, recorder().device.target);
  const { value: product } = computed(temporary([m, n]), products, { x: left.value, w: right.value });
  return computed(temporary([m, n]), gram(shape, metric), { product, aa, bb });
}

/**
 * Distances from anchor to positive and from anchor to negative: embeddings [T, 3, D] → [T, 2].
 * Metrics as for {@link pairwiseDistance}.
 *
 * @throws {ShapeError} when the embeddings are not [T, 3, D].
 */
export function tripletDistance(embeddings: TensorLike, metric: Metric): Tensor {
  const triplets = asTensor(embeddings);
  const { T, D } = sizesOf("tripletDistance", { embeddings: [triplets, "T 3 D"] });
  const x = metric === "angular" ? directions(triplets) : triplets;
  const { value: y } = computed(temporary([T, 2]), withinTriplets(T, D, metric), { x: x.value });
  return result([x], [T, 2], y, (gradient) => [
    computed(temporary(x.shape), tripletDistanceGradient(T, D, metric), {
      x: x.value,
      y,
      dy: gradient.value,
    }),
  ]);
}

/** Squared length of every row: [M, D] → [M]. */
function squaredRows(x: Value, rows: number, d: number): Value {
  return computed(temporary([rows]), squaredLengths(rows, d), { x }).value;
}

/** The rows that a metric compares: themselves, or for angles their directions. */
function compared(x: Tensor, metric: Metric): Tensor {
  return metric === "angular" ? directions(x) : x;
}

function pairSizes(op: string, a: TensorLike, b: TensorLike): DistanceShape {
  const { M, N, D } = sizesOf(op, { a: [a, "M D"], b: [b, "N D"] });
  return { m: M, n: N, d: D };
}

/** Gradient of x's rows from their distances to the rows of `other`; `shape` is seen from x. */
function rowGradient(
  shape: DistanceShape,
  x: Tensor,
  other: Tensor,
  weighing: ReturnType<typeof distanceWeights>,
  y: Value,
  dy: Value,
): Tensor {
  const { value: weights } = computed(temporary([shape.m, shape.n]), weighing, { y, dy });
  return computed(temporary(x.shape), distanceGradient(shape), { a: x.value, b: other.value, weights });
}
