/** Maxima and minima over any axes, and where they are. */
import { argReduce, reducedShape } from "../../kernels/mod.ts";
import { record, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike, Uint32Tensor } from "../tensor.ts";
import { type Axes, axesOf, axisOf } from "./axes.ts";
import { div, equal, mul } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { kept, reduced, type ReduceOptions } from "./reduced.ts";
import { reshape } from "./shape.ts";

/**
 * Maximum over `axes`: see {@linkcode sum}. Equal maxima share the gradient, as in JAX and in torch.amax.
 *
 * @throws {ShapeError} as {@linkcode sum} does.
 */
export function max(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return extreme("max", x, axes, options);
}

/** Minimum over `axes`: see {@link max}. @throws {ShapeError} as {@linkcode sum} does. */
export function min(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  return extreme("min", x, axes, options);
}

/**
 * Index of the maximum along one axis, which leaves the shape; the last by default. Of equal ones the first; NaN counts as
 * the largest.
 *
 * @throws {ShapeError} when x has no such axis.
 */
export function argmax(x: TensorLike, axis = -1): Uint32Tensor {
  return argExtreme("max", x, axis);
}

/** Index of the minimum along one axis: see {@link argmax}. @throws {ShapeError} when x has no such axis. */
export function argmin(x: TensorLike, axis = -1): Uint32Tensor {
  return argExtreme("min", x, axis);
}

function extreme(
  operation: "max" | "min",
  x: TensorLike,
  axes: Axes | undefined,
  { keepdims = false }: ReduceOptions = {},
): Tensor {
  const input = asTensor(x);
  const over = axesOf(operation, input.shape, axes);
  if (over.length === 0) return input;
  const shape = reducedShape(input.shape, over);
  const y = new Tensor(shape, reduced(operation, input.value, input.shape, over));
  const total = result([input], shape, y.value, (gradient) => {
    const whole = kept(input.shape, over);
    const chosen = equal(input, reshape(y, whole));
    const share = div(gradient, sum(chosen, over));
    return [mul(chosen, reshape(share, whole))];
  });
  return keepdims ? reshape(total, kept(input.shape, over)) : total;
}

function argExtreme(operation: "max" | "min", x: TensorLike, axis: number): Uint32Tensor {
  const input = asTensor(x);
  const along = axisOf(`arg${operation}`, input.shape, axis);
  const y = temporary(input.shape.toSpliced(along, 1), "u32");
  record(argReduce(operation, input.shape, along), { x: input.value, y });
  return new Uint32Tensor(y.shape, y);
}
