import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import source from "./binary.wgsl" with { type: "text" };

/** Elementwise operations of two operands. */
export type BinaryOperation = "add" | "sub" | "mul" | "div";

/** The index of each is its number in the shader. */
const OPERATIONS: readonly BinaryOperation[] = ["add", "sub", "mul", "div"];

/** The shape that two operands broadcast to, or undefined where they do not fit (numpy's rule, rank up to 4). */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  if (rank > 4) return undefined;
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const x = a[a.length - rank + axis] ?? 1;
    const y = b[b.length - rank + axis] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** Y = A op B. `a` and `b` are the operands' shapes, which must broadcast. Bindings: `a`, `b`, `y`. */
export function binary(operation: BinaryOperation, a: readonly number[], b: readonly number[]): Dispatch {
  const shape = broadcastShape(a, b);
  if (!shape) throw new RangeError(`Shapes [${a}] and [${b}] do not broadcast`);
  const [, d1, d2, channels] = fourAxes(shape);
  const c4 = vec4Count(channels);
  const rows = rowCount(shape);
  const [aStrides, bStrides] = [rowStrides(a), rowStrides(b)];
  return {
    kernel: "binary",
    source,
    bindings: [reads("a"), reads("b"), writes("y")],
    constants: {
      ROWS: rows,
      D1: d1,
      D2: d2,
      CHANNELS: channels,
      C4: c4,
      A_I: aStrides[0],
      A_J: aStrides[1],
      A_K: aStrides[2],
      B_I: bStrides[0],
      B_J: bStrides[1],
      B_K: bStrides[2],
    },
    tile: {
      OPERATION: OPERATIONS.indexOf(operation),
      A_SPLAT: lastAxis(a) === 1 ? 1 : 0,
      B_SPLAT: lastAxis(b) === 1 ? 1 : 0,
    },
    workgroups: flatWorkgroups(rows * c4),
    cost: { flops: rows * channels, bytes: tensorBytes(a) + tensorBytes(b) + tensorBytes(shape) },
  };
}

/** A shape with ones in front, four axes in all. */
export function fourAxes(shape: readonly number[]): [number, number, number, number] {
  const [channels = 1, k = 1, j = 1, i = 1] = shape.toReversed();
  return [i, j, k, channels];
}

/** Strides of the three leading axes in rows, 0 along axes of one element. */
function rowStrides(shape: readonly number[]): [number, number, number] {
  const [i, j, k] = fourAxes(shape);
  return [i === 1 ? 0 : j * k, j === 1 ? 0 : k, k === 1 ? 0 : 1];
}
