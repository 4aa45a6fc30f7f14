/** Axes as ops take them: from the end where they are negative. */
import { ShapeError } from "../errors.ts";

/** One axis or several. */
export type Axes = number | readonly number[];

/** The axis, counted from 0. @throws {ShapeError} when the shape has no such axis. */
export function axisOf(op: string, shape: readonly number[], axis: number): number {
  const found = axis < 0 ? axis + shape.length : axis;
  if (found in shape) return found;
  const n = shape.length;
  throw new ShapeError(
    n === 0
      ? `${op}() of a scalar has no axis ${axis}`
      : `${op}() of [${shape}] has no axis ${axis}: the axes are 0 to ${n - 1}, or -${n} to -1`,
  );
}

/** The axes, counted from 0; all of them when left out. @throws {ShapeError} when there is no such axis, or one comes twice. */
export function axesOf(op: string, shape: readonly number[], axes?: Axes): number[] {
  if (axes === undefined) return [...shape.keys()];
  const found = (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf(op, shape, axis));
  if (new Set(found).size < found.length) {
    throw new ShapeError(`${op}() of [${shape}] over axes [${axes}]: each axis may be there once`);
  }
  return found;
}
