/** Geometry of the optimizers: one dispatch over a flat buffer of `length4` vec4s. */
import { type Binding, type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import adamSource from "./adam.wgsl" with { type: "text" };
import marked from "./marked.wgsl" with { type: "text" };
import plainGradients from "./plain_gradients.wgsl" with { type: "text" };
import scaledGradients from "./scaled_gradients.wgsl" with { type: "text" };
import sgdSource from "./sgd.wgsl" with { type: "text" };
import unmarked from "./unmarked.wgsl" with { type: "text" };

/** vec4s that share one row of the table of factors: the alignment of parameters in flat buffers. */
export const FACTOR_BLOCK = 16;

/** What an optimizer does besides its own. */
export interface OptimizerForm {
  /** Gradients are multiplied by what `lossScale()` says: a binding `scaling` [4] follows. */
  readonly scaled?: boolean;
  /** Weights or moments that are no longer finite are told: a binding `mark` [1] follows, set to 1 then. */
  readonly marked?: boolean;
}

/** Bindings: `gradients`, `factors`, `settings`, `weights`, `velocity`, and those of the form. */
export function sgd(length4: number, form: OptimizerForm = {}): Dispatch {
  return optimizer("sgd", sgdSource, length4, [updates("weights"), updates("velocity")], 6, form);
}

/** Bindings: `gradients`, `factors`, `settings`, `weights`, `first`, `second`, and those of the form. */
export function adam(length4: number, form: OptimizerForm = {}): Dispatch {
  return optimizer(
    "adam",
    adamSource,
    length4,
    [updates("weights"), updates("first"), updates("second")],
    14,
    form,
  );
}

function optimizer(
  kernel: string,
  source: string,
  length4: number,
  state: Binding[],
  flops: number,
  { scaled, marked: tells }: OptimizerForm,
): Dispatch {
  const besides = [...(scaled ? [reads("scaling")] : []), ...(tells ? [updates("mark")] : [])];
  return {
    kernel,
    source: (scaled ? scaledGradients : plainGradients) + (tells ? marked : unmarked) + source,
    bindings: [reads("gradients"), reads("factors"), reads("settings"), ...state, ...besides],
    constants: { LENGTH4: length4 },
    tile: {},
    workgroups: flatWorkgroups(length4),
    cost: { flops: flops * length4 * 4, bytes: (1 + 2 * state.length) * length4 * VEC4_BYTES },
  };
}
