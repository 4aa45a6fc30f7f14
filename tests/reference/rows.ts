/** Softmax and normalization by row of the f64 reference. */
import { add, affine, div, exp, log, mul, sqrt, stopGradient, sub } from "./elementwise.ts";
import { reshape } from "./layout.ts";
import { max, mean, sum } from "./reductions.ts";
import type { RefTensor } from "./tape.ts";

const KEPT = { keepdims: true };

/** e^x over its sum along one axis. */
export function softmax(x: RefTensor, axis = -1): RefTensor {
  const e = exp(sub(x, stopGradient(max(x, axis, KEPT))));
  return div(e, sum(e, axis, KEPT));
}

/** Its logarithm. */
export function logSoftmax(x: RefTensor, axis = -1): RefTensor {
  const shifted = sub(x, stopGradient(max(x, axis, KEPT)));
  return sub(shifted, log(sum(exp(shifted), axis, KEPT)));
}

/** Settings of a normalization. */
export interface NormOptions {
  epsilon?: number;
}

/** Layer norm over the last axis. */
export function layerNorm(
  x: RefTensor,
  gamma: RefTensor,
  beta: RefTensor,
  { epsilon = 1e-5 }: NormOptions = {},
): RefTensor {
  return add(mul(standardized(x, [-1], epsilon), gamma), beta);
}

/** Group norm over pixels and the channels of a group: x [N, H, W, C]. */
export function groupNorm(
  x: RefTensor,
  groups: number,
  gamma: RefTensor,
  beta: RefTensor,
  { epsilon = 1e-5 }: NormOptions = {},
): RefTensor {
  const [n, h, w, c] = x.shape;
  const grouped = standardized(reshape(x, [n, h * w, groups, c / groups]), [1, 3], epsilon);
  return add(mul(reshape(grouped, [...x.shape]), gamma), beta);
}

function standardized(x: RefTensor, axes: number[], epsilon: number): RefTensor {
  const centered = sub(x, mean(x, axes, KEPT));
  return div(centered, sqrt(affine(mean(mul(centered, centered), axes, KEPT), 1, epsilon)));
}
