/** Ops that move elements without arithmetic. */
import {
  concat as concatKernel,
  elementCount,
  gather as gatherKernel,
  gatherGradient,
  lastAxis,
  reshape as reshapeKernel,
  sameLayout,
  transpose as transposeKernel,
  window,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike, type Uint32Tensor } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";

/**
 * The same elements in the same order under another shape. Free where the last axis stays as it is, or is a
 * multiple of four before and after; a copy otherwise.
 *
 * @throws {ShapeError} when the shapes have different numbers of elements.
 */
export function reshape(x: TensorLike, shape: readonly number[]): Tensor {
  const input = asTensor(x);
  if (elementCount(shape) !== elementCount(input.shape)) {
    throw new ShapeError(`Cannot reshape [${input.shape}] to [${shape}]: the numbers of elements differ`);
  }
  const memory = () => {
    // Per-channel maps stay with tensors whose channels stay.
    if (input.deferred && lastAxis(shape) === lastAxis(input.shape)) return input.deferred;
    if (sameLayout(input.shape, shape)) return input.value;
    const y = activation(shape);
    record(reshapeKernel(input.shape, shape), { x: input.value, y });
    return y;
  };
  return result([input], shape, memory(), (gradient) => [reshape(gradient, input.shape)]);
}

/**
 * Swaps the two axes of a matrix: [R, C] → [C, R].
 *
 * @throws {ShapeError} when x is no matrix.
 */
export function transpose(x: TensorLike): Tensor {
  const input = asTensor(x);
  const { R, C } = sizesOf("transpose", { x: [input, "R C"] });
  const y = temporary([C, R]);
  record(transposeKernel(R, C), { x: input.value, y });
  return result([input], y.shape, y, (gradient) => [transpose(gradient)]);
}

/**
 * Elements `start` <= i < `end` along one axis.
 *
 * @throws {ShapeError} when there is no such axis, or the range is empty or reaches beyond it.
 */
export function slice(x: TensorLike, axis: number, start: number, end: number): Tensor {
  const input = asTensor(x);
  const size = axisSize("slice", input.shape, axis);
  const whole = [start, end].every(Number.isInteger);
  if (!whole || start < 0 || start >= end || end > size) {
    throw new ShapeError(
      `Cannot slice axis ${axis} of [${input.shape}] from ${start} to ${end}: ` +
        `needs whole numbers with 0 <= start < end <= ${size}`,
    );
  }
  const y = activation(input.shape.with(axis, end - start));
  record(window(input.shape, axis, start, end - start), { x: input.value, y });
  return result([input], y.shape, y, (gradient) => {
    const dx = activation(input.shape);
    record(window(y.shape, axis, -start, size), { x: gradient.value, y: dx });
    return [new Tensor(input.shape, dx)];
  });
}

/**
 * Rows of x [R, ...] named by `indices` [n] → [n, ...]. An index may repeat; one at or past R gives zeros.
 *
 * @throws {ShapeError} when x has no axes, or the indices are no list.
 */
export function gather(x: TensorLike, indices: Uint32Tensor): Tensor {
  const input = asTensor(x);
  const { n } = sizesOf("gather", { indices: [indices, "n"] });
  const [rows, ...others] = input.shape;
  if (rows === undefined) throw new ShapeError("gather() takes rows of a tensor; got a scalar");
  if (others.length === 0) return reshape(gather(reshape(input, [rows, 1]), indices), [n]);
  const y = activation([n, ...others]);
  record(gatherKernel(input.shape, n), { x: input.value, indices: indices.value, y });
  return result([input], y.shape, y, (gradient) => {
    const dx = activation(input.shape);
    record(gatherGradient(input.shape, n), { dy: gradient.value, indices: indices.value, dx });
    return [new Tensor(input.shape, dx)];
  });
}

/**
 * Joins tensors along one axis; their other axes are equal.
 *
 * @throws {ShapeError} when there is none, no such axis, or another axis differs.
 */
export function concat(parts: readonly TensorLike[], axis: number): Tensor {
  const tensors = parts.map(asTensor);
  const [first] = tensors;
  if (!first) throw new ShapeError("concat() takes at least one tensor; got none");
  axisSize("concat", first.shape, axis);
  const others = first.shape.toSpliced(axis, 1).join();
  for (const { shape } of tensors) {
    if (shape.length !== first.shape.length || shape.toSpliced(axis, 1).join() !== others) {
      throw new ShapeError(
        `Cannot join [${first.shape}] and [${shape}] along axis ${axis}: their other axes must be equal`,
      );
    }
  }
  return joined(tensors, axis);
}

/** Joins halves: every element is copied log2(parts) times. */
function joined(parts: readonly Tensor[], axis: number): Tensor {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const middle = parts.length >> 1;
  const [a, b] = [joined(parts.slice(0, middle), axis), joined(parts.slice(middle), axis)];
  const first = axisSize("concat", a.shape, axis), all = first + axisSize("concat", b.shape, axis);
  const y = activation(a.shape.with(axis, all));
  record(concatKernel(a.shape, b.shape, axis), { a: a.value, b: b.value, y });
  return result([a, b], y.shape, y, (gradient, needs) => [
    needs[0] ? slice(gradient, axis, 0, first) : null,
    needs[1] ? slice(gradient, axis, first, all) : null,
  ]);
}

function axisSize(op: string, shape: readonly number[], axis: number): number {
  const size = shape[axis];
  if (size === undefined) {
    throw new ShapeError(`${op}() of [${shape}] has no axis ${axis}: the axes are 0 to ${shape.length - 1}`);
  }
  return size;
}
