/** Ops that make a tensor larger: by repeating it, or by adding elements around it. */
import { window } from "../../kernels/mod.ts";
import { checkShape } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { itemAt } from "../item_at.ts";
import { activation } from "../recorder.ts";
import { asTensor, constant, differentiable, result, type Tensor, type TensorLike } from "../tensor.ts";
import { sum } from "./reduce.ts";
import { repeated } from "./reduced.ts";
import { concat, reshape, slice } from "./shape.ts";

/**
 * Repeats axes of size 1: x broadcast to a shape, as numpy's broadcast_to. A size of -1 stays as it is in x.
 *
 * @throws {ShapeError} when x does not broadcast to the shape, or it is none.
 */
export function expand(x: TensorLike, sizes: readonly number[]): Tensor {
  const input = asTensor(x);
  const lead = sizes.length - input.shape.length;
  const shape = sizes.map((size, axis) => size === -1 ? input.shape[axis - lead] ?? size : size);
  checkShape("expand()", shape);
  const fits = lead >= 0 && input.shape.every((size, axis) => size === 1 || size === shape[axis + lead]);
  if (!fits) throw new ShapeError(`Cannot expand [${input.shape}] to [${shape}]: other sizes than 1 stay`);
  const axes = [...shape.keys()].filter((axis) => axis < lead || input.shape[axis - lead] !== shape[axis]);
  const source = reshape(input, shape.filter((_, axis) => !axes.includes(axis)));
  if (axes.length === 0) return source;
  return result([source], shape, repeated(source.value, shape, axes), (gradient) => [sum(gradient, axes)]);
}

/**
 * Adds elements of one value around x: `pads` are the numbers before and after, axis by axis.
 *
 * @throws {ShapeError} when there is not a pair for each axis, or a number is negative or no whole number.
 */
export function pad(x: TensorLike, pads: readonly (readonly [number, number])[], value = 0): Tensor {
  const input = asTensor(x);
  const whole = (count: number) => Number.isInteger(count) && count >= 0;
  const valid = Array.isArray(pads) && pads.every((pair) => pair?.length === 2 && pair.every(whole));
  if (!valid || pads.length !== input.shape.length) {
    throw new ShapeError(
      `pad() of [${input.shape}] takes a pair of whole numbers from 0 for each axis; got ${
        JSON.stringify(pads)
      }`,
    );
  }
  return pads.reduce<Tensor>((padded, [before, after], axis) => {
    if (before + after === 0) return padded;
    if (value === 0) return zerosAround(padded, axis, before, after);
    const filled = (count: number) => expand(constant([value], []), padded.shape.with(axis, count));
    return concat([...(before ? [filled(before)] : []), padded, ...(after ? [filled(after)] : [])], axis);
  }, input);
}

function zerosAround(x: Tensor, axis: number, before: number, after: number): Tensor {
  const size = itemAt(x.shape, axis);
  const all = before + size + after;
  const memory = activation(x.shape.with(axis, all));
  return differentiable([x], memory, window(x.shape, axis, -before, all), { x: x.value }, (gradient) => [
    slice(gradient, axis, before, before + size),
  ]);
}
