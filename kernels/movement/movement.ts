/** Geometry of kernels that move elements without arithmetic: reshape, transpose, slice, concat, gather. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { elementCount, lastAxis, rowCount, tensorBytes, vec4Count, vec4s } from "../wgsl/storage.ts";
import concatSource from "./concat.wgsl" with { type: "text" };
import gatherSource from "./gather.wgsl" with { type: "text" };
import gatherGradientSource from "./gather_gradient.wgsl" with { type: "text" };
import reshapeSource from "./reshape.wgsl" with { type: "text" };
import stridedSource from "./strided.wgsl" with { type: "text" };
import transposeSource from "./transpose.wgsl" with { type: "text" };
import windowSource from "./window.wgsl" with { type: "text" };

/** Whether two shapes of equally many elements lie in memory alike, so that a reshape moves nothing. */
export function sameLayout(a: readonly number[], b: readonly number[]): boolean {
  const [x, y] = [lastAxis(a), lastAxis(b)];
  return x === y || (x % 4 === 0 && y % 4 === 0);
}

/** The same elements under another shape. Bindings: `x`, `y`. */
export function reshape(from: readonly number[], to: readonly number[]): Dispatch {
  return {
    kernel: "reshape",
    source: reshapeSource,
    bindings: [reads("x"), writes("y")],
    constants: {
      X_CHANNELS: lastAxis(from),
      X_C4: vec4Count(lastAxis(from)),
      ROWS: rowCount(to),
      CHANNELS: lastAxis(to),
      C4: vec4Count(lastAxis(to)),
    },
    workgroups: flatWorkgroups(vec4s(to)),
    cost: { flops: 0, bytes: tensorBytes(from) + tensorBytes(to) },
  };
}

/** Y = Xᵀ for X [rows, columns]. Bindings: `x`, `y`. */
export function transpose(rows: number, columns: number): Dispatch {
  const [r4, c4] = [vec4Count(rows), vec4Count(columns)];
  return {
    kernel: "transpose",
    source: transposeSource,
    bindings: [reads("x"), writes("y")],
    constants: { R: rows, R4: r4, C: columns, C4: c4 },
    workgroups: flatWorkgroups(r4 * c4),
    cost: { flops: 0, bytes: tensorBytes([rows, columns]) + tensorBytes([columns, rows]) },
  };
}

/** Another view of a tensor X. */
export interface View {
  /** Shape of Y, of up to five axes. */
  readonly shape: readonly number[];
  /** The axis of X that each axis of Y runs along. */
  readonly axes: readonly number[];
  /** The axes of Y that run backward. */
  readonly flipped?: readonly number[];
}

/** Permuted and flipped axes. Bindings: `x` of the given shape, `y`. */
export function strided(from: readonly number[], { shape, axes, flipped = [] }: View): Dispatch {
  const last = from.length - 1;
  const whole = axes.at(-1) === last && !flipped.includes(shape.length - 1);
  const row = whole ? vec4Count(lastAxis(from)) : vec4Count(lastAxis(from)) * 4;
  const strideOf = (axis: number) => axis === last ? 1 : row * elementCount(from.slice(axis + 1, -1));
  let offset = 0;
  const strides = axes.map((axis, i) => {
    if (!flipped.includes(i)) return strideOf(axis);
    offset += ((shape[i] ?? 1) - 1) * strideOf(axis);
    return -strideOf(axis);
  });
  const [channels = 1, d3 = 1, d2 = 1, d1 = 1] = shape.toReversed();
  const [c = 0, k = 0, j = 0, i = 0, h = 0] = strides.toReversed();
  return {
    kernel: "strided",
    source: stridedSource,
    bindings: [reads("x"), writes("y")],
    constants: {
      ROWS: rowCount(shape),
      D1: d1,
      D2: d2,
      D3: d3,
      CHANNELS: channels,
      C4: vec4Count(channels),
      OFFSET: offset,
      S_H: h,
      S_I: i,
      S_J: j,
      S_K: k,
      S_C: c,
    },
    tile: { WHOLE: whole ? 1 : 0 },
    workgroups: flatWorkgroups(vec4s(shape)),
    cost: { flops: 0, bytes: tensorBytes(from) + tensorBytes(shape) },
  };
}

/**
 * `size` indices of one axis, from index `shift` of X on, zero where X has no such index: a slice where the window lies
 * inside X, the gradient of a slice where `shift` is negative. Bindings: `x`, `y`.
 */
export function window(shape: readonly number[], axis: number, shift: number, size: number): Dispatch {
  const { outer, extent, inner4, last } = around(shape, axis);
  const target = shape.with(axis, size);
  return {
    kernel: "window",
    source: windowSource,
    bindings: [reads("x"), writes("y")],
    constants: { OUTER: outer, X_SIZE: extent, SIZE: size, SHIFT: shift, INNER4: inner4 },
    tile: { LAST: last ? 1 : 0 },
    workgroups: flatWorkgroups(vec4s(target)),
    cost: { flops: 0, bytes: 2 * Math.min(tensorBytes(shape), tensorBytes(target)) },
  };
}

/** A and B, of shapes alike but for one axis, joined along it. Bindings: `a`, `b`, `y`. */
export function concat(a: readonly number[], b: readonly number[], axis: number): Dispatch {
  const { outer, extent, inner4, last } = around(a, axis);
  const added = around(b, axis).extent;
  const target = a.with(axis, extent + added);
  return {
    kernel: "concat",
    source: concatSource,
    bindings: [reads("a"), reads("b"), writes("y")],
    constants: { OUTER: outer, A_SIZE: extent, B_SIZE: added, INNER4: inner4 },
    tile: { LAST: last ? 1 : 0 },
    workgroups: flatWorkgroups(vec4s(target)),
    cost: { flops: 0, bytes: 2 * tensorBytes(target) },
  };
}

/** Rows of X, of two axes or more, by number. Bindings: `x`, `indices` [count], `y`. */
export function gather(shape: readonly number[], count: number): Dispatch {
  const { rows, row4 } = rowsOf(shape);
  return {
    kernel: "gather",
    source: gatherSource,
    bindings: [reads("x"), reads("indices", "u32"), writes("y")],
    constants: { ROWS: rows, ROW4: row4, COUNT: count },
    workgroups: flatWorkgroups(count * row4),
    cost: { flops: 0, bytes: 2 * tensorBytes([count, row4 * 4]) + 4 * count },
  };
}

/** The gradient of {@link gather}. Bindings: `dy`, `indices` [count], `dx` of the given shape. */
export function gatherGradient(shape: readonly number[], count: number): Dispatch {
  const { rows, row4 } = rowsOf(shape);
  return {
    kernel: "gather_gradient",
    source: gatherGradientSource,
    bindings: [reads("dy"), reads("indices", "u32"), writes("dx")],
    constants: { ROWS: rows, ROW4: row4, COUNT: count },
    workgroups: flatWorkgroups(rows * row4),
    cost: { flops: count * row4 * 4, bytes: tensorBytes([count, row4 * 4]) + tensorBytes(shape) + 4 * count },
  };
}

/** The first axis, and the vec4s of what each of its indices holds. */
function rowsOf([rows, ...row]: readonly number[]): { rows: number; row4: number } {
  if (rows === undefined) throw new RangeError("A scalar has no rows");
  return { rows, row4: vec4s(row) };
}

/** A shape seen from one axis: elements before it, its extent, and vec4s after it: 1 for the last axis. */
function around(shape: readonly number[], axis: number) {
  const extent = shape[axis];
  if (extent === undefined) throw new RangeError(`A shape [${shape}] has no axis ${axis}`);
  const last = axis === shape.length - 1;
  return {
    outer: elementCount(shape.slice(0, axis)),
    extent,
    inner4: last ? 1 : vec4s(shape.slice(axis + 1)),
    last,
  };
}
