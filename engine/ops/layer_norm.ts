/** Normalization by the statistics of each row or image, the same in training and inference. */
import { standardize, standardizeGradient } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record, temporary } from "../recorder.ts";
import { asTensor, computed, result, type Tensor, type TensorLike } from "../tensor.ts";
import { add, div, mul, sub } from "./elementwise.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./shape.ts";
import { sizesOf } from "./sizes.ts";
import { affine, sqrt } from "./unary.ts";

/** How a normalization treats small variances. */
export interface LayerNormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
}

/**
 * Layer norm over the last axis: (x - mean) / sqrt(variance + epsilon) · gamma + beta. x [..., C], gamma and beta [C]
 * (Ba et al. 2016).
 *
 * @throws {ShapeError} when the sizes differ.
 */
export function layerNorm(
  x: TensorLike,
  gamma: TensorLike,
  beta: TensorLike,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const [input, gain, offset] = [asTensor(x), asTensor(gamma), asTensor(beta)];
  sizesOf("layerNorm", { x: [input, "... C"], gamma: [gain, "C"], beta: [offset, "C"] });
  const [y, scale] = [activation(input.shape), temporary([...input.shape.slice(0, -1), 1])];
  record(standardize(input.shape, epsilon), { x: input.value, y, scale });
  const standardized = result([input], input.shape, y, (gradient) => [
    computed(activation(input.shape), standardizeGradient(input.shape), { y, dy: gradient.value, scale }),
  ]);
  return add(mul(standardized, gain), offset);
}

/**
 * Group norm: {@link layerNorm}'s formula over the pixels and C / groups channels of each group of an image. x [N, H, W, C],
 * gamma and beta [C] (Wu and He 2018). With as many groups as channels it is instance norm.
 *
 * @throws {ShapeError} when the sizes differ or the groups do not divide the channels.
 */
export function groupNorm(
  x: TensorLike,
  groups: number,
  gamma: TensorLike,
  beta: TensorLike,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const [image, gain, offset] = [asTensor(x), asTensor(gamma), asTensor(beta)];
  const { N, H, W, C } = sizesOf("groupNorm", {
    x: [image, "N H W C"],
    gamma: [gain, "C"],
    beta: [offset, "C"],
  });
  if (!Number.isInteger(groups) || groups < 1 || C % groups !== 0) {
    throw new ShapeError(`groupNorm() cannot cut ${C} channels into ${groups} groups of one size`);
  }
  // Never four axes: squares of an image may be too large for f16.
  const grouped = reshape(image, [N, H, W, groups, C / groups]);
  const centered = sub(grouped, mean(grouped, [1, 2, 4], { keepdims: true }));
  const variance = mean(mul(centered, centered), [1, 2, 4], { keepdims: true });
  const standardized = div(centered, sqrt(affine(variance, 1, epsilon)));
  return add(mul(reshape(standardized, image.shape), gain), offset);
}
