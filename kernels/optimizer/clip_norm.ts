/** Geometry of clipping gradients by their global norm. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import clipNormSource from "./clip_norm.wgsl" with { type: "text" };
import sumSquaresSource from "./sum_squares.wgsl" with { type: "text" };

/** Threads that sum squares: enough to keep a GPU busy, and few enough that their sums are quickly added. */
const THREADS = 4096;

/** Sums of squares of `length4` vec4s, to be summed further. Bindings: `x`, `y` [rows, 4]. */
export function sumSquares(length4: number): { dispatch: Dispatch; rows: number } {
  const rows = Math.min(THREADS, length4);
  const dispatch: Dispatch = {
    kernel: "sum_squares",
    source: sumSquaresSource,
    bindings: [reads("x"), writes("y")],
    constants: { LENGTH4: length4, THREADS: rows },
    workgroups: flatWorkgroups(rows),
    cost: { flops: 8 * length4, bytes: (length4 + rows) * VEC4_BYTES },
  };
  return { dispatch, rows };
}

/** The multiplier that limits a norm. Bindings: `squares` [1], `scaling` [4], `clipping` [4]. */
export function clipNorm(limit: number): Dispatch {
  return {
    kernel: "clip_norm",
    source: clipNormSource,
    bindings: [reads("squares"), reads("scaling"), writes("clipping")],
    constants: { LIMIT: limit },
    workgroups: flatWorkgroups(1),
    cost: { flops: 6, bytes: 3 * VEC4_BYTES },
  };
}
