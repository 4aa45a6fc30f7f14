/** Sums and means of the f64 reference. */
import { expectAxis, strides, walk } from "./shapes.ts";
import { elementCount, record, type RefTensor } from "./tape.ts";

/** One axis or several, from the end where they are negative. */
export type Axes = number | number[];

/** Whether reduced axes stay, with size 1. */
export interface ReduceOptions {
  keepdims?: boolean;
}

/** Sum over `axes`, which leave the shape; over all axes when left out. */
export function sum(x: RefTensor, axes?: Axes, options?: ReduceOptions): RefTensor {
  return scaledSum(x, axes, () => 1, options);
}

/** Mean over `axes`, which leave the shape; over all axes when left out. */
export function mean(x: RefTensor, axes?: Axes, options?: ReduceOptions): RefTensor {
  return scaledSum(x, axes, (count) => 1 / count, options);
}

/** Maximum over `axes`; equal maxima share the gradient. */
export function max(x: RefTensor, axes?: Axes, options?: ReduceOptions): RefTensor {
  return extreme(x, axes, options, (v, best) => v > best);
}

/** Minimum over `axes`; equal minima share the gradient. */
export function min(x: RefTensor, axes?: Axes, options?: ReduceOptions): RefTensor {
  return extreme(x, axes, options, (v, best) => v < best);
}

function extreme(
  x: RefTensor,
  axes: Axes | undefined,
  options: ReduceOptions | undefined,
  better: (v: number, best: number) => boolean,
): RefTensor {
  const { shape, target } = targets(x, axes, options);
  const data = new Float64Array(elementCount(shape));
  const count = new Float64Array(data.length);
  x.data.forEach((v, i) => {
    const to = target[i];
    if (count[to] === 0 || Number.isNaN(v) || better(v, data[to])) [data[to], count[to]] = [v, 1];
    else if (v === data[to]) count[to]++;
  });
  const clearance = x.data.reduce((least, v, i) => {
    return v === data[target[i]] ? least : Math.min(least, Math.abs(v - data[target[i]]));
  }, Infinity);
  return record(shape, data, [x], (dy) => [
    Float64Array.from(target, (to, i) => x.data[i] === data[to] ? dy[to] / count[to] : 0),
  ], clearance);
}

/** The shape of a reduction, and where in it each element of x goes. */
function targets(x: RefTensor, axes: Axes | undefined, { keepdims = false }: ReduceOptions = {}) {
  const listed = typeof axes === "number" ? [axes] : axes ?? [...x.shape.keys()];
  const reduced = new Set(listed.map((axis) => axis < 0 ? axis + x.shape.length : axis));
  for (const axis of reduced) expectAxis(axis, x.shape);
  const kept = x.shape.filter((_, axis) => !reduced.has(axis));
  const keptStrides = strides(kept);
  let next = 0;
  const target = walk(x.shape, x.shape.map((_, axis) => reduced.has(axis) ? 0 : keptStrides[next++]));
  const shape = keepdims ? x.shape.map((size, axis) => reduced.has(axis) ? 1 : size) : kept;
  return { shape, target };
}

function scaledSum(
  x: RefTensor,
  axes: Axes | undefined,
  factorOf: (count: number) => number,
  options?: ReduceOptions,
): RefTensor {
  const { shape, target } = targets(x, axes, options);
  const factor = factorOf(elementCount(x.shape) / elementCount(shape));
  const data = new Float64Array(elementCount(shape));
  x.data.forEach((v, i) => data[target[i]] += v);
  return record(shape, data.map((v) => v * factor), [x], (dy) => {
    return [Float64Array.from(target, (to) => dy[to] * factor)];
  });
}
