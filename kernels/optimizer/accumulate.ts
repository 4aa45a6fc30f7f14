/** Geometry of gradients that are summed over runs, in flat buffers of `length4` vec4s. */
import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import source from "./accumulate.wgsl" with { type: "text" };
import type { OptimizerForm } from "./optimizers.ts";
import plainGradients from "./plain_gradients.wgsl" with { type: "text" };
import scaledGradients from "./scaled_gradients.wgsl" with { type: "text" };
import takeSource from "./take_accumulated.wgsl" with { type: "text" };

/** Adds gradients to their sums. Bindings: `gradients`, `accumulated`, and those of the form. */
export function accumulate(length4: number, { scaled }: OptimizerForm = {}): Dispatch {
  return {
    kernel: "accumulate",
    source: (scaled ? scaledGradients : plainGradients) + source,
    bindings: [reads("gradients"), updates("accumulated"), ...(scaled ? [reads("scaling")] : [])],
    constants: { LENGTH4: length4 },
    workgroups: flatWorkgroups(length4),
    cost: { flops: length4 * 4, bytes: 3 * length4 * VEC4_BYTES },
  };
}

/** Moves the sums into the gradients. Bindings: `accumulated`, `gradients`. */
export function takeAccumulated(length4: number): Dispatch {
  return {
    kernel: "take_accumulated",
    source: takeSource,
    bindings: [updates("accumulated"), updates("gradients")],
    constants: { LENGTH4: length4 },
    workgroups: flatWorkgroups(length4),
    cost: { flops: 0, bytes: 3 * length4 * VEC4_BYTES },
  };
}
