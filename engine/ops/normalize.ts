/** Rows scaled to length one. */
import { l2Normalize as normalize, l2NormalizeGradient, rowCount } from "../../kernels/mod.ts";
import { temporary } from "../recorder.ts";
import { asTensor, computed, differentiable, type Tensor, type TensorLike } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";

/** Rows no longer than this have no direction. */
const LEAST_LENGTH = 1e-12;

/**
 * L2 normalization x / max(|x|, epsilon) of every row; where |x| <= epsilon the divisor is the constant epsilon.
 *
 * x [..., D] → [..., D].
 *
 * @example
 * ```ts
 * import { Device, f32, l2Normalize, Program } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const program = await Program.record(device, { x: f32([2, 2]) }, ({ x }) => ({ y: l2Normalize(x, 1e-12) }));
 * const { y } = await program.run({ x: [3, 4, 0, 0] });
 * [0.6, 0.8, 0, 0].forEach((expected, i) => assert.ok(Math.abs(y[i]! - expected) < 1e-6));
 * program.destroy();
 * device.destroy();
 * ```
 *
 * @throws {ShapeError} when x is a scalar.
 * @throws {RangeError} when epsilon is not above 0.
 */
export function l2Normalize(x: TensorLike, epsilon: number): Tensor {
  if (!(epsilon > 0)) throw new RangeError(`l2Normalize() takes an epsilon above 0; got ${epsilon}`);
  return scaled(asTensor(x), epsilon, "divide");
}

/**
 * The direction x / |x| of every row, and 0 without a gradient for rows of length at most 1e-12, which have none.
 *
 * x [..., D] → [..., D].
 *
 * @throws {ShapeError} when x is a scalar.
 */
export function directions(x: TensorLike): Tensor {
  return scaled(asTensor(x), LEAST_LENGTH, "zero");
}

function scaled(x: Tensor, epsilon: number, short: "divide" | "zero"): Tensor {
  const { D } = sizesOf("l2Normalize", { x: [x, "... D"] });
  const shape = { rows: rowCount(x.shape), width: D, epsilon, short };
  return differentiable([x], temporary(x.shape), normalize(shape), { x: x.value }, (gradient) => [
    computed(temporary(x.shape), l2NormalizeGradient(shape), { x: x.value, dy: gradient.value }),
  ]);
}
