/** Geometry of functions of whole rows, softmax and standardization, and of their gradients. A workgroup takes a row. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import softmaxSource from "./softmax.wgsl" with { type: "text" };
import softmaxGradientSource from "./softmax_gradient.wgsl" with { type: "text" };
import standardizeSource from "./standardize.wgsl" with { type: "text" };
import standardizeGradientSource from "./standardize_gradient.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };

/** What is the same for all of them; `tensors` is how often a tensor of the shape is moved. */
function rows(
  kernel: string,
  text: string,
  shape: readonly number[],
  tensors: number,
): Pick<Dispatch, "kernel" | "source" | "constants" | "workgroups" | "cost"> {
  const [count, width] = [rowCount(shape), lastAxis(shape)];
  return {
    kernel,
    source: reduce + text,
    constants: { ROWS: count, D: width, D4: vec4Count(width) },
    workgroups: flatWorkgroups(count * WORKGROUP),
    cost: { flops: 5 * count * width, bytes: tensors * tensorBytes(shape) },
  };
}

/** Y = softmax(X) over the last axis, or its logarithm. Bindings: `x`, `y`. */
export function softmax(shape: readonly number[], log: boolean): Dispatch {
  return {
    ...rows("softmax", softmaxSource, shape, 2),
    bindings: [reads("x"), writes("y")],
    tile: { LOG: log ? 1 : 0 },
  };
}

/** Gradient of {@link softmax}, from its result. Bindings: `y`, `dy`, `dx`. */
export function softmaxGradient(shape: readonly number[], log: boolean): Dispatch {
  return {
    ...rows("softmax_gradient", softmaxGradientSource, shape, 3),
    bindings: [reads("y"), reads("dy"), writes("dx")],
    tile: { LOG: log ? 1 : 0 },
  };
}

/** Rows of mean 0 and variance 1. Bindings: `x`, `y`, `scale` [rows, 1]. */
export function standardize(shape: readonly number[], epsilon: number): Dispatch {
  const { constants, ...others } = rows("standardize", standardizeSource, shape, 2);
  return {
    ...others,
    constants: { ...constants, EPSILON: epsilon },
    bindings: [reads("x"), writes("y"), writes("scale")],
  };
}

/** Gradient of {@link standardize}, from its results. Bindings: `y`, `dy`, `scale`, `dx`. */
export function standardizeGradient(shape: readonly number[]): Dispatch {
  return {
    ...rows("standardize_gradient", standardizeGradientSource, shape, 3),
    bindings: [reads("y"), reads("dy"), reads("scale"), writes("dx")],
  };
}
