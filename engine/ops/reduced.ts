/**
 * What all reductions do, and repetition, which is their reverse. Long reductions are cut into slices that are joined in a fixed
 * order. A kernel knows four groups of axes; where more alternate, the last axis is reduced or repeated by itself.
 */
import { broadcast, mergedReduction, reduce, reducedShape, type Reduction } from "../../kernels/mod.ts";
import { activation, record, recorder, temporary } from "../recorder.ts";
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

/** Records the reduction of x. */
export function reduced(
  operation: Reduction,
  x: Value,
  shape: readonly number[],
  over: readonly number[],
): Value {
  if (!mergedReduction(shape, over)) {
    const last = Math.max(...over);
    const part = reduced(operation, x, shape, [last]);
    return reduced(operation, part, reducedShape(shape, [last]), over.filter((axis) => axis !== last));
  }
  const y = temporary(reducedShape(shape, over));
  reduceInto(operation, x, shape, over, y);
  return y;
}

/** Records x, which lacks the axes `over` of a shape, repeated along them. */
export function repeated(x: Value, shape: readonly number[], over: readonly number[]): Value {
  if (!mergedReduction(shape, over)) {
    const last = Math.max(...over);
    const others = over.filter((axis) => axis !== last);
    return repeated(repeated(x, reducedShape(shape, others), [last - others.length]), shape, others);
  }
  const y = activation(shape);
  record(broadcast(shape, over), { dy: x, dx: y });
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
