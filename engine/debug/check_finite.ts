/** Whether a set's numbers are finite, computed on the GPU by the program that changes them. */
import { checkFinite as kernel } from "../../kernels/mod.ts";
import { affine } from "../ops/unary.ts";
import type { ParameterSet } from "../parameter.ts";
import { record } from "../recorder.ts";
import { constant, type Tensor } from "../tensor.ts";
import { flatBuffer } from "../value.ts";

/** A flag [1]: 0 until a kernel that it is bound to meets a NaN or infinite number, then 1. */
export function nonFiniteFlag(): Tensor {
  const flag = affine(constant([0], [1]), 1, 0);
  flag.value.pinned = "buffer"; // Textures cannot be updated.
  return flag;
}

/**
 * Sets `flag` if a number of a whole flat buffer of a set is NaN or infinite: `gradients`, or `state`, which holds
 * running statistics and averages. Optimizers check the weights and moments that they store: reading those once more
 * would cost more than 1 % of many a step.
 */
export function checkFinite(set: ParameterSet, buffer: "gradients" | "state", flag: Tensor): void {
  const x = flatBuffer(set, buffer);
  if (x.bytes > 0) record(kernel(x.vec4s), { x, non_finite: flag.value });
}
