/** The sum at the end of a residual block. */
import { residualAdd as kernel } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record } from "../recorder.ts";
import { asTensor, result, type Tensor, type TensorLike } from "../tensor.ts";

/**
 * a + b of equal shapes; unlike `add` it applies a batch norm that either side still has pending as it loads.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function residualAdd(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)];
  if (x.shape.join() !== y.shape.join()) {
    throw new ShapeError(`residualAdd() takes equal shapes; got [${x.shape}] and [${y.shape}]`);
  }
  const sum = activation(x.shape);
  const [left, right] = [x.load("a"), y.load("b")];
  record(kernel(x.shape, left.prologue, right.prologue), { ...left.values, ...right.values, y: sum });
  return result([x, y], x.shape, sum, (gradient) => [gradient, gradient]);
}
