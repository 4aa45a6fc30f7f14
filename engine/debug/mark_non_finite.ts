/** Whether a set's numbers are finite, told by the GPU in the same program that changes them. */
import { markNonFinite as look, vec4s } from "../../kernels/mod.ts";
import { affine } from "../ops/unary.ts";
import type { ParameterSet } from "../parameter.ts";
import { record } from "../recorder.ts";
import { constant, type Tensor } from "../tensor.ts";
import { flatBuffer } from "../value.ts";

/**
 * [1]: 1 where a number of a set's state, such as a running variance, is infinite or NaN by then, else 0. Handed on to an
 * optimizer's `minimize`, it is set as well where weights or moments are broken: the optimizer has them at hand, and a
 * look of their own at so many numbers would take longer than 1 % of many a step.
 */
export function markNonFinite(set: ParameterSet): Tensor {
  const mark = affine(constant([0], [1]), 1, 0);
  if (set.stateBytes > 0) {
    const x = flatBuffer(set, "state");
    record(look(vec4s(x.shape)), { x, mark: mark.value });
  }
  return mark;
}
