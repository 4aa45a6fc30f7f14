/** Geometry of the optimisers: one dispatch over a flat buffer of `length4` vec4s. */
import { type Binding, type Dispatch, flatWorkgroups, reads, updates } from "./dispatch.ts";
import { VEC4_BYTES } from "./storage.ts";
import adamSource from "./adam.wgsl" with { type: "text" };
import plainGradients from "./plain_gradients.wgsl" with { type: "text" };
import scaledGradients from "./scaled_gradients.wgsl" with { type: "text" };
import sgdSource from "./sgd.wgsl" with { type: "text" };

/** vec4s that share one row of the table of factors: the alignment of parameters in flat buffers. */
export const FACTOR_BLOCK = 16;

/**
 * Bindings: `gradients`, `factors`, `settings`, `weights`, `velocity`; and `scaling` [4], from `lossScale()`, where the
 * gradients are `scaled`.
 */
export function sgd(length4: number, scaled = false): Dispatch {
  return optimiser("sgd", sgdSource, length4, [updates("weights"), updates("velocity")], 6, scaled);
}

/**
 * Bindings: `gradients`, `factors`, `settings`, `weights`, `first`, `second`; and `scaling` [4], from `lossScale()`,
 * where the gradients are `scaled`.
 */
export function adam(length4: number, scaled = false): Dispatch {
  return optimiser(
    "adam",
    adamSource,
    length4,
    [updates("weights"), updates("first"), updates("second")],
    14,
    scaled,
  );
}

function optimiser(
  kernel: string,
  source: string,
  length4: number,
  state: Binding[],
  flops: number,
  scaled: boolean,
): Dispatch {
  const scaling = scaled ? [reads("scaling")] : [];
  return {
    kernel,
    source: (scaled ? scaledGradients : plainGradients) + source,
    bindings: [reads("gradients"), reads("factors"), reads("settings"), ...state, ...scaling],
    constants: { LENGTH4: length4 },
    tile: {},
    workgroups: flatWorkgroups(length4),
    cost: { flops: flops * length4 * 4, bytes: (1 + 2 * state.length) * length4 * VEC4_BYTES },
  };
}
