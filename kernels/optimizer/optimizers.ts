/** Geometry of the optimizers: one dispatch over flat buffers of `length4` vec4s. */
import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import adamSource from "./adam.wgsl" with { type: "text" };
import nonFiniteFlag from "./non_finite_flag.wgsl" with { type: "text" };
import plainGradients from "./plain_gradients.wgsl" with { type: "text" };
import scaledGradients from "./scaled_gradients.wgsl" with { type: "text" };
import sgdSource from "./sgd.wgsl" with { type: "text" };

/** vec4s that share one row of the table of multipliers: the alignment of parameters in flat buffers. */
export const MULTIPLIER_BLOCK = 16;

/** Variants of an optimizer's kernel. */
export interface OptimizerForm {
  /** Multiplies gradients by what `lossScale()` computed: adds a binding `scaling` [4]. */
  readonly scaled?: boolean;
}

/** Bindings: `gradients`, `multipliers`, `settings`, `non_finite`, `weights`, `velocity`, and those of the form. */
export function sgd(length4: number, form: OptimizerForm = {}): Dispatch {
  return optimizer("sgd", sgdSource, length4, ["velocity"], 6, form);
}

/**
 * Bindings: `gradients`, `multipliers`, `settings`, `non_finite`, `weights`, `first_moment`, `second_moment`, and those
 * of the form.
 */
export function adam(length4: number, form: OptimizerForm = {}): Dispatch {
  return optimizer("adam", adamSource, length4, ["first_moment", "second_moment"], 14, form);
}

function optimizer(
  kernel: string,
  source: string,
  length4: number,
  moments: readonly string[],
  flops: number,
  { scaled }: OptimizerForm,
): Dispatch {
  return {
    kernel,
    source: (scaled ? scaledGradients : plainGradients) + nonFiniteFlag + source,
    bindings: [
      ...["gradients", "multipliers", "settings"].map((name) => reads(name)),
      ...["weights", ...moments, "non_finite"].map(updates),
      ...(scaled ? [reads("scaling")] : []),
    ],
    constants: { LENGTH4: length4 },
    workgroups: flatWorkgroups(length4),
    cost: { flops: flops * length4 * 4, bytes: (3 + 2 * moments.length) * length4 * VEC4_BYTES },
  };
}
