/** Ops of the f64 reference that move elements without arithmetic. */
import { broadcastIndices, expectAxis, expectIndices, expectShape, strides, walk } from "./shapes.ts";
import { elementCount, type Indices, leaf, record, type RefTensor } from "./tape.ts";

/** The same elements, in the same order, under another shape; -1 is what is left. */
export function reshape(x: RefTensor, sizes: number[]): RefTensor {
  const others = elementCount(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => size === -1 ? x.data.length / others : size);
  if (elementCount(shape) !== x.data.length) {
    throw new RangeError(`Shape [${x.shape}] cannot become [${shape}]: ${x.data.length} elements`);
  }
  return record(shape, x.data.slice(), [x], (dy) => [dy.slice()]);
}

/** The axes in another order, reversed when left out. */
export function permute(x: RefTensor, axes?: number[]): RefTensor {
  const order = axes?.map((axis) => fromStart(axis, x.shape)) ?? [...x.shape.keys()].reverse();
  const steps = strides(x.shape);
  const shape = order.map((axis) => x.shape[axis]);
  return pick(x, shape, [...walk(shape, order.map((axis) => steps[axis]))]);
}

/** x broadcast to a shape; sizes of -1 stay. */
export function expand(x: RefTensor, sizes: number[]): RefTensor {
  const shape = sizes.map((size, axis) => size === -1 ? x.shape[axis - sizes.length + x.shape.length] : size);
  return pick(x, shape, [...broadcastIndices(x.shape, shape)]);
}

/** The elements along some axes in reverse. */
export function flip(x: RefTensor, axes: number | number[]): RefTensor {
  const flipped = [axes].flat().map((axis) => fromStart(axis, x.shape));
  const steps = strides(x.shape);
  const last = flipped.reduce((offset, axis) => offset + (x.shape[axis] - 1) * steps[axis], 0);
  const signed = steps.map((step, axis) => flipped.includes(axis) ? -step : step);
  return pick(x, [...x.shape], Array.from(walk(x.shape, signed), (offset) => offset + last));
}

/** Elements of one value around x, axis by axis. */
export function pad(x: RefTensor, pads: [number, number][], value = 0): RefTensor {
  return pads.reduce((padded, [before, after], axis) => {
    const filled = (count: number) => {
      const shape = padded.shape.map((size, i) => i === axis ? count : size);
      return leaf(shape, new Float64Array(elementCount(shape)).fill(value));
    };
    return concat([filled(before), padded, filled(after)], axis);
  }, x);
}

/** Joins tensors of one shape along a new axis. */
export function stack(parts: RefTensor[], axis = 0): RefTensor {
  const at = axis < 0 ? axis + parts[0].shape.length + 1 : axis;
  return concat(
    parts.map((part) => reshape(part, [...part.shape.slice(0, at), 1, ...part.shape.slice(at)])),
    at,
  );
}

function fromStart(axis: number, shape: readonly number[]): number {
  const found = axis < 0 ? axis + shape.length : axis;
  expectAxis(found, shape);
  return found;
}

/** Elements start <= i < end along one axis. */
export function slice(x: RefTensor, along: number, start: number, end: number): RefTensor {
  const axis = fromStart(along, x.shape);
  expectAxis(axis, x.shape);
  if (
    !(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= x.shape[axis])
  ) {
    throw new RangeError(`A slice of axis ${axis} of [${x.shape}] cannot be ${start} to ${end}`);
  }
  const inner = elementCount(x.shape.slice(axis + 1));
  const outer = elementCount(x.shape.slice(0, axis));
  const source: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (let i = start; i < end; i++) {
      for (let j = 0; j < inner; j++) source.push((o * x.shape[axis] + i) * inner + j);
    }
  }
  return pick(x, x.shape.map((dimension, i) => i === axis ? end - start : dimension), source);
}

/** Rows of x [R, ...] named by `indices` [n] -> [n, ...]; a repeated row's gradients add up. */
export function gather(x: RefTensor, indices: Indices): RefTensor {
  expectAxis(0, x.shape);
  expectIndices("Rows to gather", indices, indices.length, x.shape[0]);
  const width = elementCount(x.shape.slice(1));
  const source = indices.flatMap((row) => Array.from({ length: width }, (_, j) => row * width + j));
  return pick(x, [indices.length, ...x.shape.slice(1)], source);
}

/** Joins tensors along one axis; the other axes are equal. */
export function concat(parts: RefTensor[], along: number): RefTensor {
  if (parts.length === 0) throw new RangeError("Nothing to join: concat takes at least one tensor");
  const axis = fromStart(along, parts[0].shape);
  expectAxis(axis, parts[0].shape);
  const others = parts[0].shape.map((dimension, i) => i === axis ? -1 : dimension);
  for (const part of parts) expectShape("Every part of a concat", part, others);
  const joined = parts.reduce((total, part) => total + part.shape[axis], 0);
  const shape = parts[0].shape.map((dimension, i) => i === axis ? joined : dimension);
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const data = new Float64Array(elementCount(shape));
  let before = 0;
  const places = parts.map((part) => {
    const run = part.shape[axis] * inner;
    const place = { start: before, run };
    for (let o = 0; o < outer; o++) {
      data.set(part.data.subarray(o * run, (o + 1) * run), o * joined * inner + before);
    }
    before += run;
    return place;
  });
  return record(shape, data, parts, (dy) =>
    places.map(({ start, run }) => {
      const d = new Float64Array(outer * run);
      for (let o = 0; o < outer; o++) {
        const from = o * joined * inner + start;
        d.set(dy.subarray(from, from + run), o * run);
      }
      return d;
    }));
}

function pick(x: RefTensor, shape: number[], source: number[]): RefTensor {
  return record(shape, Float64Array.from(source, (i) => x.data[i]), [x], (dy) => {
    const dx = new Float64Array(x.data.length);
    source.forEach((i, j) => dx[i] += dy[j]);
    return [dx];
  });
}
