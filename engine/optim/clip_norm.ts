/** Clipping gradients by their global norm, on the GPU. */
import { clipNorm as clipKernel, sumSquares } from "../../kernels/mod.ts";
import { sum } from "../ops/reduce.ts";
import type { ParameterSet } from "../parameter.ts";
import { record, temporary } from "../recorder.ts";
import { constant, Tensor } from "../tensor.ts";
import { flatBuffer, type Value } from "../value.ts";

/**
 * Records the norm of all gradients of a set, and the multiplier that limits it as PyTorch's `clip_grad_norm_` does:
 * min(1, limit / (norm + 1e-6)).
 *
 * @param scaling the state of the loss's scale, if it has one.
 * @returns [4]: the norm without the loss's scale, 0, 0, and the multiplier of the gradients, which undoes that scale.
 */
export function clipNorm(set: ParameterSet, limit: number, scaling?: Value): Tensor {
  const x = flatBuffer(set, "gradients");
  const { dispatch, rows } = sumSquares(x.vec4s);
  const y = temporary([rows, 4]);
  record(dispatch, { x, y });
  const clipping = temporary([4]);
  record(clipKernel(limit), {
    squares: sum(new Tensor([rows, 4], y)).value,
    scaling: scaling ?? constant([1, 0, 0, 1], [4]).value,
    clipping,
  });
  return new Tensor([4], clipping);
}
