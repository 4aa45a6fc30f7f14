/** Geometry of functions of one number, applied to every element. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import affineSource from "./affine.wgsl" with { type: "text" };
import source from "./unary.wgsl" with { type: "text" };
import gradientSource from "./unary_gradient.wgsl" with { type: "text" };

/** Elementwise functions of one operand. */
export type UnaryOperation = "relu" | "relu6" | "exp" | "log" | "sqrt" | "softplus";

/** The index of each is its number in the shaders. */
const OPERATIONS: readonly UnaryOperation[] = ["relu", "relu6", "exp", "log", "sqrt", "softplus"];

/** Whether a function's gradient is computed from its argument x; otherwise from its value y. */
export function gradientNeedsArgument(operation: UnaryOperation): boolean {
  return operation === "log" || operation === "softplus";
}

/** Y = f(X). Bindings: `x`, `y`. */
export function unary(operation: UnaryOperation, shape: readonly number[]): Dispatch {
  return {
    kernel: "unary",
    source,
    bindings: [reads("x"), writes("y")],
    tile: { OPERATION: OPERATIONS.indexOf(operation) },
    ...elementwise(shape, 2),
  };
}

/** dX = dY · f'(x), `s` holding x or y as {@link gradientNeedsArgument} says. Bindings: `dy`, `s`, `dx`. */
export function unaryGradient(operation: UnaryOperation, shape: readonly number[]): Dispatch {
  return {
    kernel: "unary_gradient",
    source: gradientSource,
    bindings: [reads("dy"), reads("s"), writes("dx")],
    tile: { OPERATION: OPERATIONS.indexOf(operation) },
    ...elementwise(shape, 3),
  };
}

/** Y = factor · X + offset. Bindings: `x`, `parameters` [2] (factor, offset), `y`. */
export function affine(shape: readonly number[]): Dispatch {
  return {
    kernel: "affine",
    source: affineSource,
    bindings: [reads("x"), reads("parameters"), writes("y")],
    ...elementwise(shape, 2),
  };
}

/** What one thread per vec4 needs to know, with `tensors` tensors of the shape read or written. */
function elementwise(
  shape: readonly number[],
  tensors: number,
): Pick<Dispatch, "constants" | "workgroups" | "cost"> {
  const [rows, channels] = [rowCount(shape), lastAxis(shape)];
  const c4 = vec4Count(channels);
  return {
    constants: { ROWS: rows, CHANNELS: channels, C4: c4 },
    workgroups: flatWorkgroups(rows * c4),
    cost: { flops: 2 * rows * channels, bytes: tensors * tensorBytes(shape) },
  };
}
