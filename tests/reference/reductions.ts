/** Sums and means of the f64 reference. */
import { expectAxis, strides, walk } from "./shapes.ts";
import { elementCount, record, type RefTensor } from "./tape.ts";

/** Sum over `axes`, which leave the shape; over all axes when left out. */
export function sum(x: RefTensor, axes?: number[]): RefTensor {
  return scaledSum(x, axes, () => 1);
}

/** Mean over `axes`, which leave the shape; over all axes when left out. */
export function mean(x: RefTensor, axes?: number[]): RefTensor {
  return scaledSum(x, axes, (count) => 1 / count);
}

function scaledSum(x: RefTensor, axes: number[] | undefined, factorOf: (count: number) => number): RefTensor {
  const reduced = new Set(axes ?? x.shape.keys());
  for (const axis of reduced) expectAxis(axis, x.shape);
  const shape = x.shape.filter((_, axis) => !reduced.has(axis));
  const factor = factorOf(elementCount(x.shape) / elementCount(shape));
  const keptStrides = strides(shape);
  let next = 0;
  const target = walk(x.shape, x.shape.map((_, axis) => reduced.has(axis) ? 0 : keptStrides[next++]));
  const data = new Float64Array(elementCount(shape));
  x.data.forEach((v, i) => data[target[i]] += v);
  return record(shape, data.map((v) => v * factor), [x], (dy) => {
    return [Float64Array.from(target, (to) => dy[to] * factor)];
  });
}
