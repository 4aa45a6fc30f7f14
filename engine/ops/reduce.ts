/** Sums and means over any axes. Long sums are cut into slices that are added in a fixed order. */
import { broadcast, elementCount, sum as sumKernel, sumShape } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record, recorder, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import type { Value } from "../value.ts";
import { affine } from "./unary.ts";

/**
 * Sum over `axes`, which leave the shape; over all of them, giving [], when left out.
 *
 * @throws {ShapeError} when x has no such axis, names one twice, or has more than four.
 */
export function sum(x: TensorLike, axes?: readonly number[]): Tensor {
  const input = asTensor(x);
  const over = axes ?? input.shape.map((_, axis) => axis);
  checkAxes(input.shape, over);
  if (over.length === 0) return input;
  const y = temporary(sumShape(input.shape, over));
  sumInto(input.value, input.shape, over, y);
  return result([input], y.shape, y, (gradient) => {
    const dx = activation(input.shape);
    record(broadcast(input.shape, over), { dy: gradient.value, dx });
    return [new Tensor(input.shape, dx)];
  });
}

/**
 * Mean over `axes`, which leave the shape; over all of them, giving [], when left out.
 *
 * @throws {ShapeError} when x has no such axis, names one twice, or has more than four.
 */
export function mean(x: TensorLike, axes?: readonly number[]): Tensor {
  const total = sum(x, axes);
  return affine(total, elementCount(total.shape) / elementCount(x.shape), 0);
}

/** Sums until one slice is left. */
function sumInto(x: Value, shape: readonly number[], axes: readonly number[], y: Value): void {
  const { dispatch, slices } = sumKernel(shape, axes, recorder().device.target);
  if (slices === 1) {
    record(dispatch, { x, y });
    return;
  }
  const parts = temporary([slices, 4 * y.vec4s]);
  record(dispatch, { x, y: parts });
  sumInto(parts, parts.shape, [0], y);
}

function checkAxes(shape: readonly number[], axes: readonly number[]): void {
  if (shape.length > 4) throw new ShapeError(`Sums take tensors of up to four axes; got [${shape}]`);
  const valid = axes.every((axis, i) => axis in shape && axes.indexOf(axis) === i);
  if (!valid) {
    throw new ShapeError(
      `Cannot sum [${shape}] over axes [${axes}]: each must be 0 to ${shape.length - 1}, and once`,
    );
  }
}
