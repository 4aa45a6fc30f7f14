/** What all reductions do: long ones are cut into slices that are joined in a fixed order. */
import { mergedReduction, reduce, reducedShape, type Reduction } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { record, recorder, temporary } from "../recorder.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";

/** How a reduction leaves its axes. */
export interface ReduceOptions {
  /** Keeps the axes that are reduced, with size 1. */
  readonly keepdims?: boolean;
}

/** The shape with the axes that are reduced kept at size 1. */
export function kept(shape: readonly number[], over: readonly number[]): number[] {
  return shape.map((size, axis) => over.includes(axis) ? 1 : size);
}

/** Records the reduction. @throws {ShapeError} when too many groups of axes alternate. */
export function reduced(operation: Reduction, input: Tensor, over: readonly number[]): Value {
  if (!mergedReduction(input.shape, over)) {
    throw new ShapeError(`${operation}() of [${input.shape}] over axes [${over}]: too many axes alternate`);
  }
  const y = temporary(reducedShape(input.shape, over));
  reduceInto(operation, input.value, input.shape, over, y);
  return y;
}

/** Reduces until one slice is left. */
function reduceInto(
  operation: Reduction,
  x: Value,
  shape: readonly number[],
  axes: readonly number[],
  y: Value,
): void {
  const { dispatch, slices } = reduce(operation, shape, axes, recorder().device.target);
  if (slices === 1) {
    record(dispatch, { x, y });
    return;
  }
  const parts = temporary([slices, 4 * y.vec4s]);
  record(dispatch, { x, y: parts });
  reduceInto(operation, parts, parts.shape, [0], y);
}
