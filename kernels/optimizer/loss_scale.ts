/** Geometry of dynamic loss scaling: is every gradient finite, and what the next step's scale is. */
import { type Dispatch, flatWorkgroups, reads, updates, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import countSource from "./count_non_finite.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };
import scaleSource from "./loss_scale.wgsl" with { type: "text" };

/** How the scale of a loss moves: halved, not below `least`, or doubled, not above `most`, after `growth` steps. */
export interface LossScaleRule {
  /** The scale is not halved below this. */
  readonly least: number;
  /** The scale is not doubled beyond this. */
  readonly most: number;
  /** Steps in a row without an overflow. */
  readonly growth: number;
}

/**
 * Gradients of means over a batch are far below 1, and 2^15 times as much still fits f16; beyond that there is more to
 * lose by overflow than to win.
 */
export const LOSS_SCALE_RULE: LossScaleRule = { least: 1, most: 2 ** 15, growth: 500 };

/** Counts what is not finite in `length4` vec4s. Bindings: `x`, `broken` [threads, 4]. */
export function countBroken(length4: number, threads: number): Dispatch {
  return {
    kernel: "count_non_finite",
    source: countSource,
    bindings: [reads("x"), writes("broken")],
    constants: { LENGTH4: length4, THREADS: threads },
    tile: {},
    workgroups: flatWorkgroups(threads),
    cost: { flops: 0, bytes: (length4 + threads) * VEC4_BYTES },
  };
}

/** The next scale. Bindings: `broken` [threads, 4], `scaling` [4]. */
export function lossScale(threads: number, { least, most, growth }: LossScaleRule): Dispatch {
  return {
    kernel: "loss_scale",
    source: reduce + scaleSource,
    bindings: [reads("broken"), updates("scaling")],
    constants: { THREADS: threads, LEAST: least, MOST: most, GROWTH: growth },
    tile: {},
    workgroups: flatWorkgroups(WORKGROUP),
    cost: { flops: threads, bytes: (threads + 2) * VEC4_BYTES },
  };
}
