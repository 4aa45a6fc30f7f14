/** Geometry of the probes: kernels that do nothing but one thing, whose speed is the ceiling of all others. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../dispatch.ts";
import { VEC4_BYTES } from "../storage.ts";
import copySource from "./copy.wgsl" with { type: "text" };
import fmaSource from "./fma_rate.wgsl" with { type: "text" };
import readSource from "./read.wgsl" with { type: "text" };

/** Independent chains of vec4s in fma_rate.wgsl. */
const CHAINS = 8;

/** Multiplies and adds in registers. Bindings: `seed` [4], `y` [threads, 4]. */
export function fmaProbe(threads: number, rounds: number): Dispatch {
  return {
    kernel: "probe_fma",
    source: fmaSource,
    bindings: [reads("seed"), writes("y")],
    constants: { THREADS: threads, ROUNDS: rounds },
    tile: {},
    workgroups: flatWorkgroups(threads),
    cost: { flops: 2 * threads * rounds * CHAINS * 4, bytes: threads * VEC4_BYTES },
  };
}

/** Copies `length4` vec4s. Bindings: `x`, `y`. */
export function copyProbe(length4: number): Dispatch {
  return {
    kernel: "probe_copy",
    source: copySource,
    bindings: [reads("x"), writes("y")],
    constants: { LENGTH4: length4 },
    tile: {},
    workgroups: flatWorkgroups(length4),
    cost: { flops: 0, bytes: 2 * length4 * VEC4_BYTES },
  };
}

/**
 * Reads and sums `length4` vec4s. Bindings: `x`, `y` [threads, 4].
 *
 * @throws {RangeError} unless every thread reads the same number of vec4s, a multiple of four.
 */
export function readProbe(length4: number, threads: number): Dispatch {
  if (length4 % (4 * threads) !== 0) {
    throw new RangeError(`The read probe needs a multiple of ${4 * threads} vec4s; got ${length4}`);
  }
  return {
    kernel: "probe_read",
    source: readSource,
    bindings: [reads("x"), writes("y")],
    constants: { LENGTH4: length4, THREADS: threads },
    tile: {},
    workgroups: flatWorkgroups(threads),
    cost: { flops: 4 * length4, bytes: (length4 + threads) * VEC4_BYTES },
  };
}
