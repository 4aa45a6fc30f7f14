import {
  type Dispatch,
  flatWorkgroups,
  foldWorkgroups,
  reads,
  type VariantWork,
  writes,
} from "../wgsl/dispatch.ts";
import { VEC4_BYTES, vec4s } from "../wgsl/storage.ts";
import type { Target } from "../wgsl/target.ts";
import many from "./sum_many_slices.wgsl" with { type: "text" };
import few from "./sum_slices.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };

/** More slices than this are joined by workgroups on a GPU: a thread alone would wait for memory once for each. */
const FEW = 16;

/** Whether a workgroup rather than a thread should join this many slices. */
export function joinsTogether(slices: number, { adapterClass }: Target): boolean {
  return adapterClass === "gpu" && slices > FEW;
}

/** Adds `slices` partial results of `length4` vec4s each. Bindings: `partial`, `y`. */
export function sumSlices(slices: number, length4: number, target: Target): Dispatch {
  const together = joinsTogether(slices, target);
  return {
    kernel: together ? "sum_many_slices" : "sum_slices",
    source: together ? [reduce, many].join("\n") : few,
    bindings: [reads("partial"), writes("y")],
    constants: { SLICES: slices, LENGTH4: length4 },
    workgroups: together ? foldWorkgroups(length4) : flatWorkgroups(length4),
    cost: { flops: slices * length4 * 4, bytes: (slices + 1) * length4 * VEC4_BYTES },
  };
}

/** What is left to do for a result of this shape that comes in slices. */
export function sumWork(slices: number, shape: readonly number[], target: Target): VariantWork[] {
  if (slices === 1) return [];
  const dispatch = sumSlices(slices, vec4s(shape), target);
  return [{ dispatch, shapes: { partial: [slices, ...shape], y: shape } }];
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
  const wanted = Math.min(Math.round(parallelism / tasks), Math.ceil(length / shortest));
  const sliceLength = Math.ceil(length / Math.max(1, wanted));
  return { slices: Math.ceil(length / sliceLength), sliceLength };
}
