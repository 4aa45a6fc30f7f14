/** Matrix products: dense layers and pointwise convolutions. */
import {
  batchedMatmul,
  broadcastShape,
  elementCount,
  loadsOfGradient,
  matmul as product,
  type MatmulShape,
  matmulTransposed,
  matmulWeightGradient,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, recorder } from "../recorder.ts";
import { asTensor, computed, differentiable, result, tape, type Tensor, type TensorLike } from "../tensor.ts";
import { add } from "./elementwise.ts";
import { epilogueOf, type EpilogueOptions } from "./epilogue.ts";
import { reshape, transpose } from "./shape.ts";
import { sizesOf } from "./sizes.ts";
import { summedSlices } from "./summed_slices.ts";
import { unbroadcast } from "./unbroadcast.ts";

/**
 * Matrix product [..., M, K] × [..., K, N] → [..., M, N]. Axes in front are batches, which broadcast; where only `a` has some,
 * its rows are multiplied at once.
 *
 * @throws {ShapeError} when an operand has fewer than two axes, the inner sizes differ, the batches do not broadcast, or repeat
 *   over more than two axes.
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const [x, w] = [asTensor(a), asTensor(b)];
  const { M, K, N } = sizesOf("matmul", { a: [x, "... M K"], b: [w, "... K N"] });
  if (w.shape.length > 2) return batchedProduct(x, w);
  return rowProduct("matmul", x, w, { m: M * elementCount(x.shape.slice(0, -2)), k: K, n: N });
}

/** A product for each entry of a batch. */
function batchedProduct(x: Tensor, w: Tensor): Tensor {
  const [ofX, ofW] = [x.shape.slice(0, -2), w.shape.slice(0, -2)];
  const batch = broadcastShape(ofX, ofW);
  // Two axes of batch are as many as the kernel tells apart: more are one where nothing repeats.
  const flat = ofX.join() === ofW.join() && ofX.length > 2;
  if (!batch || (batch.length > 2 && !flat)) {
    const why = batch ? "more than two axes of batches, which repeat" : "their batches do not broadcast";
    throw new ShapeError(`Cannot multiply [${x.shape}] and [${w.shape}]: ${why}`);
  }
  if (flat) {
    const flattened = (tensor: Tensor) => reshape(tensor, [-1, ...tensor.shape.slice(-2)]);
    return reshape(batchedProduct(flattened(x), flattened(w)), [
      ...batch,
      ...x.shape.slice(-2, -1),
      ...w.shape.slice(-1),
    ]);
  }
  const shape = [...batch, ...x.shape.slice(-2, -1), ...w.shape.slice(-1)];
  const kernel = batchedMatmul(x.shape, w.shape);
  const values = { a: x.value, b: w.value };
  return differentiable([x, w], activation(shape), kernel, values, (gradient, needs) => [
    needs[0] ? unbroadcast(batchedProduct(gradient, transpose(w)), x.shape) : null,
    needs[1] ? unbroadcast(batchedProduct(transpose(x), gradient), w.shape) : null,
  ]);
}

/**
 * 1×1 convolution: a matrix product over the pixels. x [N, H, W, Cin], weight [Cin, Cout] → [N, H, W, Cout].
 *
 * @throws {ShapeError} when the channels differ.
 * @throws {EngineError} when a gradient would have to flow through a residual or ReLU6.
 */
export function pointwiseConv(x: TensorLike, weight: TensorLike, options: EpilogueOptions = {}): Tensor {
  const [image, w] = [asTensor(x), asTensor(weight)];
  const sizes = sizesOf("pointwiseConv", { x: [image, "N H W Cin"], weight: [w, "Cin Cout"] });
  const shape = { m: sizes.N * sizes.H * sizes.W, k: sizes.Cin, n: sizes.Cout };
  return rowProduct("pointwiseConv", image, w, shape, options);
}

/**
 * Dense layer x W + b. x [..., in], weight [in, out], bias [out] → [..., out].
 *
 * @throws {ShapeError} when the shapes do not fit.
 */
export function dense(x: TensorLike, weight: TensorLike, bias: TensorLike): Tensor {
  return add(matmul(x, weight), bias);
}

/** Product of the rows of x (all axes but the last) with w. */
function rowProduct(
  op: string,
  x: Tensor,
  w: Tensor,
  shape: MatmulShape,
  options: EpilogueOptions = {},
): Tensor {
  const outShape = [...x.shape.slice(0, -1), shape.n];
  const { epilogue, values, biases } = epilogueOf(op, options, [x, w], outShape);
  const { target } = recorder().device;
  const multiply = () => {
    const loaded = x.load("x");
    const kernel = product(shape, target, loaded.prologue, epilogue);
    return computed(activation(outShape), kernel, { ...loaded.values, ...values, w: w.value }).value;
  };
  const output = result([x, w, ...biases], outShape, multiply(), (gradient, needs, take) => {
    gradient.settle(loadsOfGradient(shape, target));
    let dx: Tensor | null = null;
    if (needs[0]) {
      const dy = gradient.load("x");
      const known = take(0);
      const turned = { m: shape.m, k: shape.n, n: shape.k };
      const kernel = matmulTransposed(turned, target, dy.prologue, { addend: known !== undefined });
      const values = { ...dy.values, ...(known && { y_addend: known.value }), w: w.value };
      dx = computed(activation(x.shape), kernel, values);
    }
    return [
      dx,
      needs[1] ? weightGradient(shape, x, gradient) : null,
      ...biases.map(({ shape }) => needs[2] ? unbroadcast(gradient, shape) : null),
    ];
  });
  // In low memory, a result larger than its input is recomputed when gradients need it.
  if (output.requiresGradient && x.shape.length === 4 && shape.n > shape.k) {
    tape().recomputable.push({ tensor: output, recompute: multiply });
  }
  return output;
}

function weightGradient(shape: MatmulShape, input: Tensor, gradient: Tensor): Tensor {
  const [x, dy] = [input.load("x"), gradient.load("dy")];
  const { dispatch, slices } = matmulWeightGradient(shape, recorder().device.target, x.prologue, dy.prologue);
  return summedSlices(slices, [shape.k, shape.n], dispatch, { ...x.values, ...dy.values });
}
