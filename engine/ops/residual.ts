/** The sum at the end of a residual block. */
import { residualAdd as kernel } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation } from "../recorder.ts";
import { asTensor, differentiable, type Tensor, type TensorLike } from "../tensor.ts";

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
  const [left, right] = [x.load("a"), y.load("b")];
  const sum = kernel(x.shape, left.prologue, right.prologue);
  const values = { ...left.values, ...right.values };
  return differentiable([x, y], activation(x.shape), sum, values, (gradient) => [gradient, gradient]);
}
