/** Geometry of the search for numbers that are NaN or infinite. */
import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import source from "./check_finite.wgsl" with { type: "text" };
import flag from "./non_finite_flag.wgsl" with { type: "text" };

/** Sets a flag if a number of `length4` vec4s is not finite. Bindings: `x`, `non_finite` [1], updated in place. */
export function checkFinite(length4: number): Dispatch {
  return {
    kernel: "check_finite",
    source: flag + source,
    bindings: [reads("x"), updates("non_finite")],
    constants: { LENGTH4: length4 },
    workgroups: flatWorkgroups(length4),
    cost: { flops: 0, bytes: length4 * VEC4_BYTES },
  };
}
