/** Functions of one number, applied to every element. At a kink the gradient is 0; NaN gives NaN. */
import {
  affine as affineKernel,
  gradientNeedsArgument,
  unary,
  unaryGradient,
  type UnaryOperation,
} from "../../kernels/mod.ts";
import { activation } from "../recorder.ts";
import {
  asTensor,
  computed,
  constant,
  differentiable,
  result,
  type Tensor,
  type TensorLike,
} from "../tensor.ts";

function apply(operation: UnaryOperation, input: TensorLike): Tensor {
  const x = asTensor(input);
  const argument = x.value;
  const { value: y } = computed(activation(x.shape), unary(operation, x.shape), { x: argument });
  const saved = gradientNeedsArgument(operation) ? argument : y;
  return result([x], x.shape, y, (gradient) => [
    computed(activation(x.shape), unaryGradient(operation, x.shape), { dy: gradient.value, s: saved }),
  ]);
}

/** factor · x + offset, both plain numbers. */
export function affine(input: TensorLike, factor: number, offset: number): Tensor {
  const x = asTensor(input);
  const parameters = constant([factor, offset], [2], { uniform: true }).value;
  const values = { x: x.value, parameters };
  return differentiable([x], activation(x.shape), affineKernel(x.shape), values, (gradient) => [
    affine(gradient, factor, 0),
  ]);
}

/** -x. */
export function neg(x: TensorLike): Tensor {
  return affine(x, -1, 0);
}

/** |x|. */
export function abs(x: TensorLike): Tensor {
  return apply("abs", x);
}

/** max(x, 0). */
export function relu(x: TensorLike): Tensor {
  return apply("relu", x);
}

/** min(max(x, 0), 6). */
export function relu6(x: TensorLike): Tensor {
  return apply("relu6", x);
}

/** x · Φ(x), Φ the distribution function of the standard normal distribution, as PyTorch's default and not its tanh form. */
export function gelu(x: TensorLike): Tensor {
  return apply("gelu", x);
}

/** x · sigmoid(x), also known as swish. */
export function silu(x: TensorLike): Tensor {
  return apply("silu", x);
}

/** 1 / (1 + e^-x), without overflow. */
export function sigmoid(x: TensorLike): Tensor {
  return apply("sigmoid", x);
}

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return apply("tanh", x);
}

/** e^x. */
export function exp(x: TensorLike): Tensor {
  return apply("exp", x);
}

/** Natural logarithm. */
export function log(x: TensorLike): Tensor {
  return apply("log", x);
}

/** Square root; its gradient at 0 is taken as 0. */
export function sqrt(x: TensorLike): Tensor {
  return apply("sqrt", x);
}

/** log(1 + e^x), without overflow and with full relative accuracy where the result is small. */
export function softplus(x: TensorLike): Tensor {
  return apply("softplus", x);
}
