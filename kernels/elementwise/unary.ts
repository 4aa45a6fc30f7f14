/** Geometry of functions of one number, applied to every element. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import affineSource from "./affine.wgsl" with { type: "text" };
import dropoutSource from "./dropout.wgsl" with { type: "text" };
import functions from "./functions.wgsl" with { type: "text" };
import toFloatSource from "./to_float.wgsl" with { type: "text" };
import source from "./unary.wgsl" with { type: "text" };
import gradientSource from "./unary_gradient.wgsl" with { type: "text" };

/** Elementwise functions of one operand. */
export type UnaryOperation =
  | "abs"
  | "exp"
  | "gelu"
  | "log"
  | "relu"
  | "relu6"
  | "sigmoid"
  | "silu"
  | "softplus"
  | "sqrt"
  | "tanh";

/** A function in WGSL, on four numbers at once. */
interface UnaryFunction {
  /** y as an expression of `x`. */
  readonly value: string;
  /** dx as an expression of `dy` and `s`. */
  readonly gradient: string;
  /** What `s` is. */
  readonly saved: "x" | "y";
}

// Comparisons, not min() and max(): these may drop a NaN.
const TABLE: Readonly<Record<UnaryOperation, UnaryFunction>> = {
  /** |x|, with gradient 0 at 0. */
  abs: { value: "abs(x)", gradient: "dy * sign(s)", saved: "x" },
  exp: { value: "exp(x)", gradient: "dy * s", saved: "y" },
  /** x · Φ(x), where Φ is the normal distribution function (Hendrycks and Gimpel 2016). */
  gelu: {
    value: "x * normal_share(x)",
    gradient: "dy * (normal_share(s) + s * normal_density(s))",
    saved: "x",
  },
  log: { value: "log(x)", gradient: "dy / s", saved: "x" },
  relu: {
    value: "select(x, vec4f(0.0), x < vec4f(0.0))",
    gradient: "select(dy, vec4f(0.0), s <= vec4f(0.0))",
    saved: "y",
  },
  relu6: {
    value: "relu6(x)",
    gradient: "select(dy, vec4f(0.0), (s <= vec4f(0.0)) | (s >= vec4f(6.0)))",
    saved: "y",
  },
  sigmoid: { value: "logistic(x)", gradient: "dy * s * (1.0 - s)", saved: "y" },
  /** x · sigmoid(x) (Elfwing et al. 2017). */
  silu: {
    value: "x * logistic(x)",
    gradient: "dy * logistic(s) * (1.0 + s * logistic(-s))",
    saved: "x",
  },
  /** log(1 + e^x). */
  softplus: {
    value: "select(x, vec4f(0.0), x < vec4f(0.0)) + log1p(exp(-abs(x)))",
    gradient: "dy * logistic(s)",
    saved: "x",
  },
  sqrt: {
    value: "sqrt(x)",
    gradient: "select(0.5 * dy / s, vec4f(0.0), s == vec4f(0.0))",
    saved: "y",
  },
  tanh: { value: "bounded_tanh(x)", gradient: "dy * (1.0 - s * s)", saved: "y" },
};

/** Whether a function's gradient is computed from its argument x; otherwise from its value y. */
export function gradientNeedsArgument(operation: UnaryOperation): boolean {
  return TABLE[operation].saved === "x";
}

/** Y = f(X). Bindings: `x`, `y`. */
export function unary(operation: UnaryOperation, shape: readonly number[]): Dispatch {
  const f = `fn f(x: vec4f) -> vec4f { return ${TABLE[operation].value}; }`;
  return {
    kernel: "unary",
    source: [functions, f, source].join("\n"),
    bindings: [reads("x"), writes("y")],
    ...elementwise(shape, 2),
  };
}

/** dX = dY · f'(x), `s` holding x or y as {@link gradientNeedsArgument} says. Bindings: `dy`, `s`, `dx`. */
export function unaryGradient(operation: UnaryOperation, shape: readonly number[]): Dispatch {
  const df = `fn df(dy: vec4f, s: vec4f) -> vec4f { return ${TABLE[operation].gradient}; }`;
  return {
    kernel: "unary_gradient",
    source: [functions, df, gradientSource].join("\n"),
    bindings: [reads("dy"), reads("s"), writes("dx")],
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

/**
 * Y = X where an element is kept, scaled so that the mean stays, else 0. Bindings: `x`, `key` (u32 [1]), `parameters` [2]
 * (the probability to keep, the stream), `y`.
 */
export function dropout(shape: readonly number[]): Dispatch {
  return {
    kernel: "dropout",
    source: dropoutSource,
    bindings: [reads("x"), reads("key", "u32"), reads("parameters"), writes("y")],
    ...elementwise(shape, 2),
  };
}

/** Y = X as f32. Bindings: `x` (u32), `y`. */
export function toFloat(shape: readonly number[]): Dispatch {
  return {
    kernel: "to_float",
    source: toFloatSource,
    bindings: [reads("x", "u32"), writes("y")],
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
