/** Functions of two and three tensors, elementwise with numpy broadcasting. A number stands for a tensor []. */
import {
  binary,
  type BinaryOperation,
  broadcastShape,
  mergedAxes,
  ternary,
  type TernaryOperation,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation } from "../recorder.ts";
import { asOperand, computed, result, Tensor, type TensorLike, type TensorOrNumber } from "../tensor.ts";
import { expand } from "./expand.ts";
import { affine } from "./unary.ts";
import { unbroadcast } from "./unbroadcast.ts";

/** The shape of a result. @throws {ShapeError} when the operands do not broadcast. */
function broadcasting(operation: string, ...operands: readonly Tensor[]): number[] {
  const shapes = operands.map(({ shape }) => shape);
  const shape = broadcastShape(...shapes);
  const listed = shapes.map((own) => `[${own}]`).join(" and ");
  if (!shape) throw new ShapeError(`Cannot ${operation} tensors of shapes ${listed}: they do not broadcast`);
  return shape;
}

function apply(operation: BinaryOperation, a: Tensor, b: Tensor): Tensor {
  const shape = broadcasting(operation, a, b);
  if (!mergedAxes([a.shape, b.shape])) return apply(operation, expand(a, shape), expand(b, shape));
  return computed(activation(shape), binary(operation, a.shape, b.shape), { a: a.value, b: b.value });
}

function apply3(operation: TernaryOperation, a: Tensor, b: Tensor, c: Tensor): Tensor {
  const shape = broadcasting(operation, a, b, c);
  if (!mergedAxes([a.shape, b.shape, c.shape])) {
    return apply3(operation, expand(a, shape), expand(b, shape), expand(c, shape));
  }
  const kernel = ternary(operation, a.shape, b.shape, c.shape);
  return computed(activation(shape), kernel, { a: a.value, b: b.value, c: c.value });
}

/** The op of two operands; `slopes` give the gradients before those of repeated axes are summed. */
function differentiable(
  operation: BinaryOperation,
  a: TensorOrNumber,
  b: TensorOrNumber,
  slopes: (g: Tensor, x: Tensor, y: Tensor, out: Tensor) => readonly [() => Tensor, () => Tensor],
): Tensor {
  const [x, y] = [asOperand(a), asOperand(b)];
  const out = apply(operation, x, y);
  return result([x, y], out.shape, out.value, (g, needs) => {
    const [ofX, ofY] = slopes(g, x, y, out);
    return [
      needs[0] ? unbroadcast(ofX(), x.shape) : null,
      needs[1] ? unbroadcast(ofY(), y.shape) : null,
    ];
  });
}

/** The op of two operands whose gradients are functions of them and of the result's. */
function withSlopes(operation: "pow" | "maximum" | "minimum", a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return differentiable(operation, a, b, (g, x, y) => [
    () => apply3(`${operation}GradientA`, x, y, g),
    () => apply3(`${operation}GradientB`, x, y, g),
  ]);
}

/** a + b. @throws {ShapeError} when the shapes do not broadcast. */
export function add(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return differentiable("add", a, b, (g) => [() => g, () => g]);
}

/** a - b. @throws {ShapeError} when the shapes do not broadcast. */
export function sub(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return differentiable("sub", a, b, (g) => [() => g, () => affine(g, -1, 0)]);
}

/** a · b. @throws {ShapeError} when the shapes do not broadcast. */
export function mul(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return differentiable("mul", a, b, (g, x, y) => [() => apply("mul", g, y), () => apply("mul", g, x)]);
}

/** a / b. @throws {ShapeError} when the shapes do not broadcast. */
export function div(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return differentiable("div", a, b, (g, _, y, out) => {
    const overY = apply("div", g, y);
    return [() => overY, () => affine(apply("mul", overY, out), -1, 0)];
  });
}

/**
 * a^b. A negative a takes whole exponents only and gives NaN otherwise; a^0 is 1. The gradient of b at a = 0 is 0.
 *
 * @throws {ShapeError} when the shapes do not broadcast.
 */
export function pow(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return withSlopes("pow", a, b);
}

/** The larger of a and b; of equal ones the gradient goes to a. @throws {ShapeError} when the shapes do not broadcast. */
export function maximum(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return withSlopes("maximum", a, b);
}

/** The smaller of a and b; of equal ones the gradient goes to a. @throws {ShapeError} when the shapes do not broadcast. */
export function minimum(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return withSlopes("minimum", a, b);
}

/** min(max(x, low), high), elementwise; the gradient goes to x from low to high, both included. */
export function clip(x: TensorOrNumber, low: TensorOrNumber, high: TensorOrNumber): Tensor {
  return minimum(maximum(x, low), high);
}

/** 1 where a = b, else 0. No gradient flows through comparisons. @throws {ShapeError} when the shapes do not broadcast. */
export function equal(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return apply("equal", asOperand(a), asOperand(b));
}

/** 1 where a ≠ b, else 0. @throws {ShapeError} when the shapes do not broadcast. */
export function notEqual(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return apply("notEqual", asOperand(a), asOperand(b));
}

/** 1 where a < b, else 0. @throws {ShapeError} when the shapes do not broadcast. */
export function less(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return apply("less", asOperand(a), asOperand(b));
}

/** 1 where a ≤ b, else 0. @throws {ShapeError} when the shapes do not broadcast. */
export function lessEqual(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return apply("lessEqual", asOperand(a), asOperand(b));
}

/** 1 where a > b, else 0. @throws {ShapeError} when the shapes do not broadcast. */
export function greater(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return apply("greater", asOperand(a), asOperand(b));
}

/** 1 where a ≥ b, else 0. @throws {ShapeError} when the shapes do not broadcast. */
export function greaterEqual(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return apply("greaterEqual", asOperand(a), asOperand(b));
}

/**
 * a where the condition is not 0, b elsewhere: what is not chosen does not matter, not even NaN.
 *
 * @throws {ShapeError} when the shapes do not broadcast.
 */
export function where(condition: TensorOrNumber, a: TensorOrNumber, b: TensorOrNumber): Tensor {
  const [mask, x, y] = [asOperand(condition), asOperand(a), asOperand(b)];
  const out = apply3("where", mask, x, y);
  return result([x, y], out.shape, out.value, (g, needs) => [
    needs[0] ? unbroadcast(apply3("where", mask, g, asOperand(0)), x.shape) : null,
    needs[1] ? unbroadcast(apply3("where", mask, asOperand(0), g), y.shape) : null,
  ]);
}

/** x, as something that no gradient flows to. */
export function stopGradient(x: TensorLike): Tensor {
  const { shape, value } = asOperand(x);
  return new Tensor(shape, value);
}
