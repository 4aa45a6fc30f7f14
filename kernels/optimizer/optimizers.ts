/** Geometry of the optimizers, and of what else changes or checks flat buffers of `length4` vec4s in one dispatch. */
import { type Binding, type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import accumulateSource from "./accumulate.wgsl" with { type: "text" };
import adamSource from "./adam.wgsl" with { type: "text" };
import checkFiniteSource from "./check_finite.wgsl" with { type: "text" };
import nonFiniteFlag from "./non_finite_flag.wgsl" with { type: "text" };
import plainGradients from "./plain_gradients.wgsl" with { type: "text" };
import scaledGradients from "./scaled_gradients.wgsl" with { type: "text" };
import sgdSource from "./sgd.wgsl" with { type: "text" };
import takeSource from "./take_accumulated.wgsl" with { type: "text" };
import weightAverageSource from "./weight_average.wgsl" with { type: "text" };

/** vec4s that share one row of the table of multipliers: the alignment of parameters in flat buffers. */
export const MULTIPLIER_BLOCK = 16;

/** Variants of a kernel that reads gradients. */
export interface OptimizerForm {
  /** Multiplies gradients by what `lossScale()` computed: adds a binding `scaling` [4]. */
  readonly scaled?: boolean;
}

/** One thread per vec4, with so many operations per element and vec4s moved. */
function flat(
  kernel: string,
  source: string,
  bindings: readonly Binding[],
  length4: number,
  flops: number,
  moved: number,
): Dispatch {
  return {
    kernel,
    source,
    bindings,
    constants: { LENGTH4: length4 },
    workgroups: flatWorkgroups(length4),
    cost: { flops: flops * length4 * 4, bytes: moved * length4 * VEC4_BYTES },
  };
}

/** Bindings: `gradients`, `multipliers`, `settings`, `weights`, `velocity`, `non_finite`, and those of the form. */
export function sgd(length4: number, form: OptimizerForm = {}): Dispatch {
  return optimizer("sgd", sgdSource, length4, ["velocity"], 6, form);
}

/**
 * Bindings: `gradients`, `multipliers`, `settings`, `weights`, `first_moment`, `second_moment`, `non_finite`, and those
 * of the form.
 */
export function adam(length4: number, form: OptimizerForm = {}): Dispatch {
  return optimizer("adam", adamSource, length4, ["first_moment", "second_moment"], 14, form);
}

function optimizer(
  kernel: string,
  text: string,
  length4: number,
  moments: readonly string[],
  flops: number,
  { scaled }: OptimizerForm,
): Dispatch {
  const bindings = [
    ...["gradients", "multipliers", "settings"].map((name) => reads(name)),
    ...["weights", ...moments, "non_finite"].map(updates),
    ...(scaled ? [reads("scaling")] : []),
  ];
  const source = (scaled ? scaledGradients : plainGradients) + nonFiniteFlag + text;
  return flat(kernel, source, bindings, length4, flops, 3 + 2 * moments.length);
}

/** Adds gradients to their sums over runs. Bindings: `gradients`, `accumulated`, and those of the form. */
export function accumulate(length4: number, { scaled }: OptimizerForm = {}): Dispatch {
  const source = (scaled ? scaledGradients : plainGradients) + accumulateSource;
  const bindings = [reads("gradients"), updates("accumulated"), ...(scaled ? [reads("scaling")] : [])];
  return flat("accumulate", source, bindings, length4, 1, 3);
}

/** Moves the sums into the gradients. Bindings: `accumulated`, `gradients`. */
export function takeAccumulated(length4: number): Dispatch {
  return flat("take_accumulated", takeSource, ["accumulated", "gradients"].map(updates), length4, 0, 3);
}

/** Sets a flag if a number is NaN or infinite. Bindings: `x`, `non_finite` [1], updated in place. */
export function checkFinite(length4: number): Dispatch {
  const bindings = [reads("x"), updates("non_finite")];
  return flat("check_finite", nonFiniteFlag + checkFiniteSource, bindings, length4, 0, 1);
}

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
  const bindings = [reads("weights"), reads("settings"), updates("state")];
  return {
    ...flat("weight_average", weightAverageSource, bindings, weights4 + state4, 3, 3),
    constants: { WEIGHTS4: weights4, STATE4: state4, AVERAGES: averages },
  };
}
