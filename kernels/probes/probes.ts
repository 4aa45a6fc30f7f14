/** Geometry of the probes: kernels that each do one thing only, to measure peak rates. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import copySource from "./copy.wgsl" with { type: "text" };
import fmaSource from "./fma_rate.wgsl" with { type: "text" };
import readSource from "./read.wgsl" with { type: "text" };

/** Operations of one round of fma_rate.wgsl: three chains of vec4s, sixteen turns. */
const ROUND_FLOPS = 2 * 3 * 4 * 16;

/** Order of reads: each thread its own range (for CPUs), or neighboring threads neighboring vec4s (for GPUs). */
export type ProbeOrder = "by-thread" | "by-workgroup";

function step(order: ProbeOrder): number {
  return order === "by-thread" ? 1 : WORKGROUP;
}

/** Multiplies and adds in registers. Bindings: `seed` [4], `y` [threads, 4]. */
export function fmaProbe(threads: number, rounds: number): Dispatch {
  return {
    kernel: "probe_fma",
    source: fmaSource,
    bindings: [reads("seed"), writes("y")],
    constants: { THREADS: threads, ROUNDS: rounds },
    workgroups: flatWorkgroups(threads),
    cost: { flops: threads * rounds * ROUND_FLOPS, bytes: threads * VEC4_BYTES },
  };
}

/**
 * Copies `length4` vec4s. Bindings: `x`, `y`.
 *
 * @throws {RangeError} unless workgroups divide them evenly.
 */
export function copyProbe(length4: number, order: ProbeOrder): Dispatch {
  const threads = length4 / 4;
  if (threads % WORKGROUP !== 0) {
    throw new RangeError(`The copy probe takes a multiple of ${4 * WORKGROUP} vec4s; got ${length4}`);
  }
  return {
    kernel: "probe_copy",
    source: copySource,
    bindings: [reads("x"), writes("y")],
    constants: { THREADS: threads },
    tile: { STEP: step(order) },
    workgroups: flatWorkgroups(threads),
    cost: { flops: 0, bytes: 2 * length4 * VEC4_BYTES },
  };
}

/**
 * Reads and sums `length4` vec4s in `threads` threads. Bindings: `x`, `y` [threads, 4].
 *
 * @throws {RangeError} unless every thread reads as many vec4s, a multiple of four, and workgroups are full.
 */
export function readProbe(length4: number, threads: number, order: ProbeOrder): Dispatch {
  if (length4 % (4 * threads) !== 0 || threads % WORKGROUP !== 0) {
    throw new RangeError(`The read probe cannot share ${length4} vec4s among ${threads} threads evenly`);
  }
  return {
    kernel: "probe_read",
    source: readSource,
    bindings: [reads("x"), writes("y")],
    constants: { THREADS: threads, LENGTH: length4 / threads },
    tile: { STEP: step(order) },
    workgroups: flatWorkgroups(threads),
    cost: { flops: 4 * length4, bytes: (length4 + threads) * VEC4_BYTES },
  };
}
