/** Ops that move elements without arithmetic. */
import {
  concat as concatKernel,
  elementCount,
  gather as gatherKernel,
  gatherGradient,
  lastAxis,
  reshape as reshapeKernel,
  sameLayout,
  strided,
  transpose as transposeKernel,
  type View,
  window,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, temporary } from "../recorder.ts";
import { itemAt } from "../item_at.ts";
import {
  asTensor,
  asUint32,
  computed,
  differentiable,
  result,
  type Tensor,
  type TensorLike,
  Uint32Tensor,
} from "../tensor.ts";
import { type Axes, axesOf, axisOf } from "./axes.ts";
import { sizesOf } from "./sizes.ts";

/**
 * The same elements in the same order under another shape, of which one size may be -1: what is left for it. Free where the
 * last axis stays as it is, or is a multiple of four before and after; a copy otherwise.
 *
 * @throws {ShapeError} when the shapes have different numbers of elements.
 */
export function reshape(x: TensorLike, sizes: readonly number[]): Tensor {
  const input = asTensor(x);
  const others = elementCount(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => size === -1 ? elementCount(input.shape) / others : size);
  const valid = shape.every((size) => Number.isInteger(size) && size > 0) &&
    sizes.indexOf(-1) === sizes.lastIndexOf(-1);
  if (!valid || elementCount(shape) !== elementCount(input.shape)) {
    throw new ShapeError(
      `Cannot reshape [${input.shape}] to [${sizes}]: the numbers of elements differ` +
        (valid ? "" : "; sizes are whole numbers from 1, and at most one is -1"),
    );
  }
  const memory = () => {
    // Per-channel maps stay with tensors whose channels stay.
    if (input.deferred && lastAxis(shape) === lastAxis(input.shape)) return input.deferred;
    if (sameLayout(input.shape, shape)) return input.value;
    return computed(activation(shape), reshapeKernel(input.shape, shape), { x: input.value }).value;
  };
  return result([input], shape, memory(), (gradient) => [reshape(gradient, input.shape)]);
}

/**
 * The axes in another order: axis i of the result is axis `axes[i]` of x; reversed when left out.
 *
 * @throws {ShapeError} when an axis is missing or comes twice, or more than five groups of axes move.
 */
export function permute(x: TensorLike, axes?: readonly number[]): Tensor {
  const input = asTensor(x);
  const order = axesOf("permute", input.shape, axes ?? [...input.shape.keys()].reverse());
  if (order.length !== input.shape.length) {
    throw new ShapeError(`permute() of [${input.shape}] takes each of its axes once; got [${axes}]`);
  }
  // Axes that stay neighbors move as one.
  const groups: number[][] = [];
  for (const axis of order) {
    const group = groups.at(-1);
    const last = input.shape.length - 1;
    if (group?.at(-1) === axis - 1 && axis !== last && order.at(-1) !== axis) group.push(axis);
    else groups.push([axis]);
  }
  const merged = groups.toSorted((a, b) => itemAt(a, 0) - itemAt(b, 0));
  const sizeOf = (group: readonly number[]) => elementCount(group.map((axis) => itemAt(input.shape, axis)));
  const moved = view("permute", input, groups.map(sizeOf), groups.map((group) => merged.indexOf(group)));
  const memory = activation(order.map((axis) => itemAt(input.shape, axis)));
  return differentiable(
    [input],
    memory,
    strided(merged.map(sizeOf), moved),
    { x: input.value },
    (gradient) => [
      permute(gradient, order.map((_, axis) => order.indexOf(axis))),
    ],
  );
}

/**
 * Reverses the order of the elements along axes.
 *
 * @throws {ShapeError} when x has no such axis, or more than five axes.
 */
export function flip(x: TensorLike, axes: Axes): Tensor {
  const input = asTensor(x);
  const flipped = axesOf("flip", input.shape, axes);
  const turned = { ...view("flip", input, input.shape, [...input.shape.keys()]), flipped };
  const kernel = strided(input.shape, turned);
  return differentiable([input], activation(input.shape), kernel, { x: input.value }, (gradient) => [
    flip(gradient, flipped),
  ]);
}

function view(op: string, { shape: from }: Tensor, shape: readonly number[], axes: readonly number[]): View {
  if (shape.length > 5) throw new ShapeError(`${op}() of [${from}] moves more than five groups of axes`);
  return { shape, axes };
}

/**
 * Swaps two axes, the last two by default: [..., R, C] → [..., C, R]. {@linkcode permute} takes any order.
 *
 * @throws {ShapeError} when x has no such axes.
 */
export function transpose(x: TensorLike, first = -2, second = -1): Tensor {
  const input = asTensor(x);
  const [a, b] = [first, second].map((axis) => axisOf("transpose", input.shape, axis)) as [number, number];
  if (input.shape.length > 2 || a === b) {
    return permute(input, [...input.shape.keys()].with(a, b).with(b, a));
  }
  const { R, C } = sizesOf("transpose", { x: [input, "R C"] });
  return differentiable([input], temporary([C, R]), transposeKernel(R, C), { x: input.value }, (gradient) => [
    transpose(gradient),
  ]);
}

/**
 * Elements `start` <= i < `end` along one axis.
 *
 * @throws {ShapeError} when there is no such axis, or the range is empty or reaches beyond it.
 */
export function slice(x: TensorLike, along: number, start: number, end: number): Tensor {
  const input = asTensor(x);
  const axis = axisOf("slice", input.shape, along);
  const size = itemAt(input.shape, axis);
  const whole = [start, end].every(Number.isInteger);
  if (!whole || start < 0 || start >= end || end > size) {
    throw new ShapeError(
      `Cannot slice axis ${axis} of [${input.shape}] from ${start} to ${end}: ` +
        `needs whole numbers with 0 <= start < end <= ${size}`,
    );
  }
  const shape = input.shape.with(axis, end - start);
  const part = window(input.shape, axis, start, end - start);
  return differentiable([input], activation(shape), part, { x: input.value }, (gradient) => [
    computed(activation(input.shape), window(shape, axis, -start, size), { x: gradient.value }),
  ]);
}

/**
 * Cuts x along one axis, into so many equal parts or into parts of the given sizes.
 *
 * @throws {ShapeError} when there is no such axis, or the parts do not add up to it.
 */
export function split(x: TensorLike, parts: number | readonly number[], along: number): Tensor[] {
  const input = asTensor(x);
  const axis = axisOf("split", input.shape, along);
  const size = itemAt(input.shape, axis);
  const sizes = typeof parts === "number" ? Array.from({ length: parts }, () => size / parts) : parts;
  if (
    sizes.some((part) => !Number.isInteger(part) || part < 1) || sizes.reduce((a, b) => a + b, 0) !== size
  ) {
    throw new ShapeError(`Cannot split axis ${axis} of [${input.shape}] into ${parts}: its size is ${size}`);
  }
  let start = 0;
  return sizes.map((part) => slice(input, axis, start, start += part));
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @throws {ShapeError} when there is none, the shapes differ, or the result has no such axis.
 */
export function stack(parts: readonly TensorLike[], along = 0): Tensor {
  const tensors = parts.map(asTensor);
  const [first] = tensors;
  if (!first) throw new ShapeError("stack() takes at least one tensor; got none");
  const other = tensors.find(({ shape }) => shape.join() !== first.shape.join());
  if (other) {
    throw new ShapeError(`Cannot stack [${first.shape}] and [${other.shape}]: the shapes must be equal`);
  }
  const axis = axisOf("stack", [1, ...first.shape], along);
  return concat(tensors.map((tensor) => reshape(tensor, first.shape.toSpliced(axis, 0, 1))), axis);
}

/**
 * Rows of x [R, ...] named by `indices` of any shape [...] → [..., ...]. An index may repeat; one at or past R gives zeros.
 *
 * @throws {ShapeError} when x has no axes.
 * @throws {EngineError} when the indices are no Uint32Tensor.
 */
export function gather(x: TensorLike, indices: Uint32Tensor): Tensor {
  const input = asTensor(x);
  const n = elementCount(asUint32("gather", "indices", indices).shape);
  const [rows, ...others] = input.shape;
  if (rows === undefined) throw new ShapeError("gather() takes rows of a tensor; got a scalar");
  if (others.length === 0) return reshape(gather(reshape(input, [rows, 1]), indices), indices.shape);
  if (indices.shape.length !== 1) {
    const list = new Uint32Tensor([n], indices.value);
    return reshape(gather(input, list), [...indices.shape, ...others]);
  }
  const values = { x: input.value, indices: indices.value };
  const kernel = gatherKernel(input.shape, n);
  return differentiable([input], activation([n, ...others]), kernel, values, (gradient) => [
    computed(activation(input.shape), gatherGradient(input.shape, n), { ...values, dy: gradient.value }),
  ]);
}

/**
 * Joins tensors along one axis; their other axes are equal.
 *
 * @throws {ShapeError} when there is none, no such axis, or another axis differs.
 */
export function concat(parts: readonly TensorLike[], along: number): Tensor {
  const tensors = parts.map(asTensor);
  const [first] = tensors;
  if (!first) throw new ShapeError("concat() takes at least one tensor; got none");
  const axis = axisOf("concat", first.shape, along);
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
  const first = itemAt(a.shape, axis), all = first + itemAt(b.shape, axis);
  const shape = a.shape.with(axis, all);
  const kernel = concatKernel(a.shape, b.shape, axis);
  const values = { a: a.value, b: b.value };
  return differentiable([a, b], activation(shape), kernel, values, (gradient, needs) => [
    needs[0] ? slice(gradient, axis, 0, first) : null,
    needs[1] ? slice(gradient, axis, first, all) : null,
  ]);
}
