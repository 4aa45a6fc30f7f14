/** Shape arithmetic of the reference: broadcasting, axes, and the checks every op begins with. */
import { elementCount, type RefTensor } from "./tape.ts";

/**
 * The shape that two shapes broadcast to, as numpy does it: aligned on the right, a dimension of 1 repeats.
 * @throws RangeError when two dimensions differ and neither is 1
 */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(`Shapes [${a}] and [${b}] do not broadcast: ${left} against ${right}`);
    }
    return left === 1 ? right : left;
  });
}

/** For every element of `target`, in order, the index of the element of `source` that is broadcast to it. */
export function broadcastIndices(source: readonly number[], target: readonly number[]): Int32Array {
  const missing = target.length - source.length;
  const sourceStrides = strides(source);
  return walk(
    target,
    target.map((_, axis) => {
      const own = axis - missing;
      return own < 0 || source[own] === 1 ? 0 : sourceStrides[own];
    }),
  );
}

/** Elements to step over for one step along each axis of a row-major array. */
export function strides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/** The offsets that row-major iteration over `shape` visits in an array of the given strides. */
export function walk(shape: readonly number[], steps: readonly number[]): Int32Array {
  const offsets = new Int32Array(elementCount(shape));
  const position = shape.map(() => 0);
  let offset = 0;
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += steps[axis];
      if (++position[axis] < shape[axis]) break;
      offset -= steps[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return offsets;
}

/** @throws RangeError unless the tensor's shape is `expected`, where a negative number stands for any dimension */
export function expectShape(what: string, x: RefTensor, expected: readonly number[]): void {
  const fits = x.shape.length === expected.length &&
    expected.every((dimension, axis) => dimension < 0 || dimension === x.shape[axis]);
  if (!fits) {
    const wanted = expected.map((dimension) => dimension < 0 ? "any" : dimension).join(", ");
    throw new RangeError(`${what} has shape [${wanted}]: got [${x.shape.join(", ")}]`);
  }
}

/** @throws RangeError unless `axis` is one of the axes of `shape`, counted from 0 */
export function expectAxis(axis: number, shape: readonly number[]): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new RangeError(`Shape [${shape}] has axes from 0 to ${shape.length - 1}: got axis ${axis}`);
  }
}

/** @throws RangeError unless there are `length` indices, all integers with 0 <= index < bound */
export function expectIndices(what: string, indices: readonly number[], length: number, bound: number): void {
  if (indices.length !== length) throw new RangeError(`${what}: expected ${length}, got ${indices.length}`);
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= bound);
  if (wrong !== undefined) throw new RangeError(`${what} are integers from 0 below ${bound}: got ${wrong}`);
}
