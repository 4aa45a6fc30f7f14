/** Geometry of the optimisers: one dispatch over a flat buffer of `length4` vec4s. */
import { type Binding, type Dispatch, flatWorkgroups, reads, updates } from "./dispatch.ts";
import { VEC4_BYTES } from "./storage.ts";
import adamSource from "./adam.wgsl" with { type: "text" };
import sgdSource from "./sgd.wgsl" with { type: "text" };

/** vec4s that share one row of the table of factors: the alignment of parameters in flat buffers. */
export const FACTOR_BLOCK = 16;

/** Bindings: `gradients`, `factors`, `settings`, `weights`, `velocity`. */
export function sgd(length4: number): Dispatch {
  return optimiser("sgd", sgdSource, length4, [updates("weights"), updates("velocity")], 6);
}

/** Bindings: `gradients`, `factors`, `settings`, `weights`, `first`, `second`. */
export function adam(length4: number): Dispatch {
  return optimiser(
    "adam",
    adamSource,
    length4,
    [updates("weights"), updates("first"), updates("second")],
    14,
  );
}

function optimiser(
  kernel: string,
  source: string,
  length4: number,
  state: Binding[],
  flops: number,
): Dispatch {
  return {
    kernel,
    source,
    bindings: [reads("gradients"), reads("factors"), reads("settings"), ...state],
    constants: { LENGTH4: length4 },
    tile: {},
    workgroups: flatWorkgroups(length4),
    cost: { flops: flops * length4 * 4, bytes: (1 + 2 * state.length) * length4 * VEC4_BYTES },
  };
}
