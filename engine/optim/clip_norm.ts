/** Clipping gradients by their global norm, on the GPU. */
import { clipNorm as clipKernel, sumSquares } from "../../kernels/mod.ts";
import type { Gradients } from "../autograd.ts";
import { checkNumber } from "../checks.ts";
import { EngineError } from "../errors.ts";
import { add } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { slice } from "../ops/shape.ts";
import type { ParameterSet } from "../parameter.ts";
import { record, temporary } from "../recorder.ts";
import { constant, Tensor } from "../tensor.ts";
import { flatBuffer } from "../value.ts";

/**
 * Limits the norm of all gradients of parameters together, as PyTorch's `clip_grad_norm_` does: multiplies them by
 * min(1, limit / (norm + 1e-6)), in what applies them and in what {@linkcode Gradients.of} returns afterward.
 *
 * @returns [1]: the norm before.
 * @throws {RangeError} when the limit is no number above 0.
 * @throws {EngineError} when the gradients are of another program, or of no parameter.
 */
export function clipByGlobalNorm(gradients: Gradients, limit: number): Tensor {
  if (limit === 0) throw new RangeError("A limit of the norm is a number above 0; got 0");
  checkNumber("A limit of the norm", limit, 0);
  return slice(clip(gradients, limit), 0, 0, 1);
}

/** [4]: the norm without the loss's scale, 0, 0, and the multiplier of the gradients, which undoes that scale. */
export function clip(gradients: Gradients, limit: number): Tensor {
  if (gradients.sets.size === 0) throw new EngineError("The gradients to clip are of no trainable parameter");
  const squares = [...gradients.sets].map((set) => {
    gradients.requireOf(set);
    return squaresOf(set);
  });
  const clipping = new Tensor([4], temporary([4]));
  record(clipKernel(limit), {
    squares: squares.reduce((a, b) => add(a, b)).value,
    scaling: (gradients.multiplier ?? constant([1, 0, 0, 1], [4])).value,
    clipping: clipping.value,
  });
  gradients.multiplier = clipping;
  return clipping;
}

/** The sum of squares of a set's gradients, []. */
function squaresOf(set: ParameterSet): Tensor {
  const x = flatBuffer(set, "gradients");
  const { dispatch, rows } = sumSquares(x.vec4s);
  const y = temporary([rows, 4]);
  record(dispatch, { x, y });
  return sum(new Tensor([rows, 4], y));
}
