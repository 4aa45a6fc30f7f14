/** The gradient of an operand that was broadcast. */
import type { Tensor } from "../tensor.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./shape.ts";

/** Sums a gradient over the axes along which its operand was repeated. */
export function unbroadcast(gradient: Tensor, shape: readonly number[]): Tensor {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.map((_, axis) => axis).filter((axis) =>
    axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1)
  );
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}
