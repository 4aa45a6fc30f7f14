/** Geometry of dynamic loss scaling. */
import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import source from "./loss_scale.wgsl" with { type: "text" };

/** How the scale of a loss changes: halved, not below `least`, or doubled, not above `most`, after `growth` steps. */
export interface LossScaleRule {
  /** The scale is not halved below this. */
  readonly least: number;
  /** The scale is not doubled beyond this. */
  readonly most: number;
  /** Steps in a row without an overflow. */
  readonly growth: number;
}

/**
 * Gradients of means over a batch are far below 1, and 2^15 times as much still fits f16. A larger scale would lose more
 * to overflow than it wins.
 */
export const LOSS_SCALE_RULE: LossScaleRule = { least: 1, most: 2 ** 15, growth: 500 };

/** The next scale. Bindings: `non_finite` [1], set if a gradient is not finite; `scaling` [4]. */
export function lossScale({ least, most, growth }: LossScaleRule): Dispatch {
  return {
    kernel: "loss_scale",
    source,
    bindings: [reads("non_finite"), updates("scaling")],
    constants: { LEAST: least, MOST: most, GROWTH: growth },
    workgroups: flatWorkgroups(1),
    cost: { flops: 3, bytes: 3 * VEC4_BYTES },
  };
}
