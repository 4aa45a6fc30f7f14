/** Reading a parameter where another of its set is written. */
import type { Parameter } from "../parameter.ts";
import type { Tensor } from "../tensor.ts";
import { affine } from "./unary.ts";

/** x for a dispatch that writes a parameter: a copy where both lie in one buffer, as no dispatch may read and write one. */
export function apartFrom(written: Parameter, x: Tensor): Tensor {
  const { origin } = x.value;
  if (origin.kind !== "parameter") return x;
  const { set, trainable } = origin.parameter;
  return set === written.set && trainable === written.trainable ? affine(x, 1, 0) : x;
}
