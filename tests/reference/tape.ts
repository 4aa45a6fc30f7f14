/**
 * Reverse-mode differentiation in f64, as plainly as it can be written: the yardstick that the engine's f32
 * gradients are held against. Values are computed when an op is called; every value remembers its inputs and
 * how to turn the gradient of itself into gradients of them.
 */

/** Gradients of a value's inputs, one array for each, from the gradient of the value itself. */
export type Backward = (gradient: Float64Array) => Float64Array[];

/** A value on the tape: a row-major f64 array with a shape, and where it came from. */
export interface RefTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly inputs: readonly RefTensor[];
  readonly backward: Backward | null;
  /**
   * How far, in the op's own units, its arguments are from the nearest point where the op has a kink or makes
   * another selection (ReLU6's 0 and 6, a hinge's 0, the runner-up of a mined pair). Infinity where there is none.
   */
  readonly clearance: number;
}

/** Labels, or indices of rows. Readonly: that tells them from shapes and axes where an op's type is derived. */
export type Indices = readonly number[];

/** Number of elements of a shape: the product of its dimensions, 1 for []. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * A value that nothing was computed from: an input, a weight.
 * @throws RangeError when the number of elements does not fit the shape
 */
export function leaf(shape: readonly number[], data: ArrayLike<number>): RefTensor {
  if (shape.some((dimension) => !Number.isInteger(dimension) || dimension < 0)) {
    throw new RangeError(`A shape's dimensions are integers from 0: got [${shape}]`);
  }
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`Shape [${shape}] holds ${elementCount(shape)} elements: got ${data.length}`);
  }
  return {
    shape: [...shape],
    data: Float64Array.from(data),
    inputs: [],
    backward: null,
    clearance: Infinity,
  };
}

/** The result of an op: its value, its inputs and its gradient rule. */
export function record(
  shape: readonly number[],
  data: Float64Array,
  inputs: readonly RefTensor[],
  backward: Backward,
  clearance = Infinity,
): RefTensor {
  return { shape: [...shape], data, inputs, backward, clearance };
}

/**
 * Gradients of sum(output * cotangent) with respect to each of `inputs`, zero where the output does not depend
 * on an input.
 *
 * `precision` "f32" rounds every gradient on its way to 32 bits, as storing it in an f32 buffer would.
 * @throws RangeError when the cotangent does not have the output's size, or is left out for an output of more than one element
 */
export function gradients(
  output: RefTensor,
  inputs: readonly RefTensor[],
  cotangent?: ArrayLike<number>,
  precision: "f64" | "f32" = "f64",
): Float64Array[] {
  const seed = cotangent ?? [1];
  if (seed.length !== output.data.length) {
    throw new RangeError(`The cotangent of a value of shape [${output.shape}] has ${seed.length} elements`);
  }
  const kept = new Set(inputs);
  const sums = new Map<RefTensor, Float64Array>([[output, Float64Array.from(seed)]]);
  for (const value of inDependencyOrder(output).reverse()) {
    const gradient = sums.get(value);
    if (gradient === undefined || value.backward === null) continue;
    const contributions = value.backward(gradient);
    value.inputs.forEach((input, i) => accumulate(sums, input, contributions[i], precision));
    if (!kept.has(value)) sums.delete(value);
  }
  return inputs.map((input) => sums.get(input) ?? new Float64Array(input.data.length));
}

function accumulate(
  sums: Map<RefTensor, Float64Array>,
  value: RefTensor,
  contribution: Float64Array,
  precision: "f64" | "f32",
): void {
  const sum = sums.get(value) ?? new Float64Array(value.data.length);
  if (contribution.length !== sum.length) {
    throw new RangeError(
      `A gradient of ${contribution.length} elements came back for shape [${value.shape}]`,
    );
  }
  for (let i = 0; i < sum.length; i++) sum[i] += contribution[i];
  if (precision === "f32") roundToF32(sum);
  sums.set(value, sum);
}

/** Rounds every element to the nearest 32-bit float, in place. */
export function roundToF32(data: Float64Array): void {
  for (let i = 0; i < data.length; i++) data[i] = Math.fround(data[i]);
}

/** The least clearance of a value and of everything it was computed from. */
export function clearanceOf(output: RefTensor): number {
  return inDependencyOrder(output).reduce((least, value) => Math.min(least, value.clearance), Infinity);
}

/** Every value that `output` was computed from, and itself last; each after its inputs. */
function inDependencyOrder(output: RefTensor): RefTensor[] {
  const order: RefTensor[] = [];
  const seen = new Set<RefTensor>([output]);
  const stack: { value: RefTensor; next: number }[] = [{ value: output, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next === top.value.inputs.length) {
      order.push(top.value);
      stack.pop();
      continue;
    }
    const input = top.value.inputs[top.next++];
    if (!seen.has(input)) {
      seen.add(input);
      stack.push({ value: input, next: 0 });
    }
  }
  return order;
}
