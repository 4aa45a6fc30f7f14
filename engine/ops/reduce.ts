/** Sums and means over any axes. */
import { elementCount, reducedShape } from "../../kernels/mod.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import { type Axes, axesOf } from "./axes.ts";
import { kept, reduced, type ReduceOptions, repeated } from "./reduced.ts";
import { reshape } from "./shape.ts";
import { affine } from "./unary.ts";

/**
 * Sum over `axes`, which leave the shape; over all of them, giving [], when left out. Negative axes count from the end.
 *
 * @throws {ShapeError} when x has no such axis, or one comes twice.
 */
export function sum(x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const input = asTensor(x);
  const over = axesOf("sum", input.shape, axes);
  if (over.length === 0) return input;
  const y = reduced("sum", input.value, input.shape, over);
  const total = result(
    [input],
    reducedShape(input.shape, over),
    y,
    (gradient) => [new Tensor(input.shape, repeated(gradient.value, input.shape, over))],
  );
  return options.keepdims ? reshape(total, kept(input.shape, over)) : total;
}

/** Mean over `axes`: see {@link sum}. @throws {ShapeError} as {@link sum} does. */
export function mean(x: TensorLike, axes?: Axes, options?: ReduceOptions): Tensor {
  const total = sum(x, axes, options);
  return affine(total, elementCount(total.shape) / elementCount(x.shape), 0);
}
