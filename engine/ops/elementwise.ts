/** Arithmetic of two tensors, elementwise with numpy broadcasting. */
import { binary, type BinaryOperation, broadcastShape } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import { sum } from "./reduce.ts";
import { affine } from "./unary.ts";
import { reshape } from "./shape.ts";

function apply(operation: BinaryOperation, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShape(a.shape, b.shape);
  if (!shape) throw new ShapeError(`Cannot ${operation} tensors of shapes [${a.shape}] and [${b.shape}]`);
  const y = activation(shape);
  record(binary(operation, a.shape, b.shape), { a: a.value, b: b.value, y });
  return new Tensor(shape, y);
}

/** Sums a gradient over the axes along which its operand was repeated. */
function unbroadcast(gradient: Tensor, shape: readonly number[]): Tensor {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.map((_, axis) => axis).filter((axis) =>
    axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1)
  );
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}

/** a + b. @throws {ShapeError} when the shapes do not broadcast. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)];
  const out = apply("add", x, y);
  return result([x, y], out.shape, out.value, (g) => [unbroadcast(g, x.shape), unbroadcast(g, y.shape)]);
}

/** a - b. @throws {ShapeError} when the shapes do not broadcast. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)];
  const out = apply("sub", x, y);
  return result([x, y], out.shape, out.value, (g, needs) => [
    needs[0] ? unbroadcast(g, x.shape) : null,
    needs[1] ? unbroadcast(affine(g, -1, 0), y.shape) : null,
  ]);
}

/** a · b. @throws {ShapeError} when the shapes do not broadcast. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)];
  const out = apply("mul", x, y);
  return result([x, y], out.shape, out.value, (g, needs) => [
    needs[0] ? unbroadcast(apply("mul", g, y), x.shape) : null,
    needs[1] ? unbroadcast(apply("mul", g, x), y.shape) : null,
  ]);
}

/** a / b. @throws {ShapeError} when the shapes do not broadcast. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)];
  const out = apply("div", x, y);
  return result([x, y], out.shape, out.value, (g, needs) => {
    const overY = apply("div", g, y);
    return [
      needs[0] ? unbroadcast(overY, x.shape) : null,
      needs[1] ? unbroadcast(affine(apply("mul", overY, out), -1, 0), y.shape) : null,
    ];
  });
}
