/** Ops of the f64 reference that move elements without arithmetic. */
import { expectAxis, expectIndices, expectShape } from "./shapes.ts";
import { elementCount, type Indices, record, type RefTensor } from "./tape.ts";

/** The same elements, in the same order, under another shape. */
export function reshape(x: RefTensor, shape: number[]): RefTensor {
  if (elementCount(shape) !== x.data.length) {
    throw new RangeError(`Shape [${x.shape}] cannot become [${shape}]: ${x.data.length} elements`);
  }
  return record(shape, x.data.slice(), [x], (dy) => [dy.slice()]);
}

/** Elements start <= i < end along one axis. */
export function slice(x: RefTensor, axis: number, start: number, end: number): RefTensor {
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
export function concat(parts: RefTensor[], axis: number): RefTensor {
  if (parts.length === 0) throw new RangeError("Nothing to join: concat takes at least one tensor");
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
