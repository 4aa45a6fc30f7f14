import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import source from "./weight_average.wgsl" with { type: "text" };

/** What is averaged, in vec4s, and from which vec4 of the state on the averages lie. */
export interface WeightAverageShape {
  /** vec4s of weights. */
  readonly weights4: number;
  /** vec4s of running statistics, at the front of the state. */
  readonly state4: number;
  /** The vec4 of the state at which the averages begin. */
  readonly averages: number;
}

/** Moves averages of weights and running statistics toward both. Bindings: `weights`, `settings` [1], `state`. */
export function weightAverage({ weights4, state4, averages }: WeightAverageShape): Dispatch {
  const length4 = weights4 + state4;
  return {
    kernel: "weight_average",
    source,
    bindings: [reads("weights"), reads("settings"), updates("state")],
    constants: { WEIGHTS4: weights4, STATE4: state4, AVERAGES: averages },
    workgroups: flatWorkgroups(length4),
    cost: { flops: 3 * length4 * 4, bytes: 3 * length4 * VEC4_BYTES },
  };
}
