import { type Dispatch, flatWorkgroups, reads, writes } from "./dispatch.ts";
import { VEC4_BYTES } from "./storage.ts";
import source from "./sum_slices.wgsl" with { type: "text" };

/** Adds `slices` partial results of `length4` vec4s each. Bindings: `partial`, `y`. */
export function sumSlices(slices: number, length4: number): Dispatch {
  return {
    kernel: "sum_slices",
    source,
    bindings: [reads("partial"), writes("y")],
    constants: { SLICES: slices, LENGTH4: length4 },
    tile: {},
    workgroups: flatWorkgroups(length4),
    cost: { flops: slices * length4 * 4, bytes: (slices + 1) * length4 * VEC4_BYTES },
  };
}

/**
 * How many slices to cut `length` elements of a reduction into, so that `tasks` independent results together
 * give about `parallelism` threads and no slice is shorter than `shortest`. Returns the slices and their length.
 */
export function splitReduction(
  length: number,
  tasks: number,
  parallelism: number,
  shortest: number,
): { slices: number; sliceLength: number } {
  const wanted = Math.min(Math.ceil(parallelism / tasks), Math.ceil(length / shortest));
  const sliceLength = Math.ceil(length / Math.max(1, wanted));
  return { slices: Math.ceil(length / sliceLength), sliceLength };
}
