/** Softmax along an axis. */
import { softmax as kernel, softmaxGradient } from "../../kernels/mod.ts";
import { activation } from "../recorder.ts";
import { asTensor, computed, result, type Tensor, type TensorLike } from "../tensor.ts";
import { axisOf } from "./axes.ts";
import { transpose } from "./shape.ts";

/**
 * e^x over its sum along one axis, the last by default; large numbers do not overflow.
 *
 * @throws {ShapeError} when x has no such axis.
 */
export function softmax(x: TensorLike, axis = -1): Tensor {
  return apply("softmax", x, axis, false);
}

/** The logarithm of {@link softmax}, without rounding small shares to zero. @throws {ShapeError} when x has no such axis. */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  return apply("logSoftmax", x, axis, true);
}

function apply(op: string, x: TensorLike, axis: number, log: boolean): Tensor {
  const input = asTensor(x);
  const along = axisOf(op, input.shape, axis);
  const last = input.shape.length - 1;
  if (along === last) return ofRows(input, log);
  return transpose(ofRows(transpose(input, along, last), log), along, last);
}

function ofRows(x: Tensor, log: boolean): Tensor {
  const { value: y } = computed(activation(x.shape), kernel(x.shape, log), { x: x.value });
  return result([x], x.shape, y, (gradient) => [
    computed(activation(x.shape), softmaxGradient(x.shape, log), { y, dy: gradient.value }),
  ]);
}
