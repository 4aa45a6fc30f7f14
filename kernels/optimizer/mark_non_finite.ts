/** Geometry of the look for numbers that are not finite. */
import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import marked from "./marked.wgsl" with { type: "text" };
import source from "./mark_non_finite.wgsl" with { type: "text" };

/** Marks that one of `length4` vec4s is not finite. Bindings: `x`, `mark` [1], updated in place. */
export function markNonFinite(length4: number): Dispatch {
  return {
    kernel: "mark_non_finite",
    source: marked + source,
    bindings: [reads("x"), updates("mark")],
    constants: { LENGTH4: length4 },
    tile: {},
    workgroups: flatWorkgroups(length4),
    cost: { flops: 0, bytes: length4 * VEC4_BYTES },
  };
}
