/** Convolutions over images [N, H, W, C]. Pointwise ones are matrix products: see matrix.ts. */
import {
  conv2d as conv2dForward,
  conv2dInputGradient,
  type Conv2dShape,
  conv2dWeightGradient,
  depthwiseConv as depthwiseForward,
  depthwiseConvGradients,
  depthwiseConvInputGradient,
  depthwiseConvWeightGradient,
  type DepthwiseShape,
  outputSize,
  strided,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, recorder, temporary } from "../recorder.ts";
import { asTensor, computed, constant, differentiable, Tensor, type TensorLike } from "../tensor.ts";
import type { Value } from "../value.ts";
import { mul } from "./elementwise.ts";
import { epilogueOf, type EpilogueOptions } from "./epilogue.ts";
import { expand } from "./expand.ts";
import { reshape } from "./shape.ts";
import { sizesOf } from "./sizes.ts";
import { summedSlices } from "./summed_slices.ts";
import { unbroadcast } from "./unbroadcast.ts";
import { requireWhole, type WindowOptions, windowShape } from "./windows.ts";

/** Options of a convolution over images. */
export interface ConvOptions extends WindowOptions, EpilogueOptions {}

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends ConvOptions {
  /** Pixels between neighboring taps of the kernel; 1 by default. */
  readonly dilation?: number;
  /** Parts of equal size that the channels are cut into, each convolved alone; 1 by default. */
  readonly groups?: number;
}

const CONV_OPTIONS = ["stride", "padding", "bias", "residual", "relu6"];

/**
 * Convolution: x [N, H, W, Cin], weight [kh, kw, Cin / groups, Cout] → [N, OH, OW, Cout]. A group whose channels are no multiple
 * of four is computed as a convolution of all channels whose other weights are zero; 3×3 with as many groups as channels is
 * {@link depthwiseConv}.
 *
 * @throws {ShapeError} when the channels differ or the kernel does not fit into the padded image.
 * @throws {EngineError} when an option is unknown or out of range, or a gradient would flow through a residual or ReLU6.
 */
export function conv2d(x: TensorLike, weight: TensorLike, options: Conv2dOptions = {}): Tensor {
  const [image, w] = [asTensor(x), asTensor(weight)];
  const { groups = 1, dilation = 1 } = options;
  requireWhole("conv2d", "groups", groups, 1);
  requireChannelsLast(image, w, groups);
  const { N, H, W, Cin } = sizesOf("conv2d", { x: [image, "N H W Cin"] });
  const { kh, kw, Cg, Cout } = sizesOf("conv2d", { weight: [w, "kh kw Cg Cout"] });
  if (Cg * groups !== Cin || Cout % groups !== 0) {
    throw new ShapeError(
      `conv2d() in ${groups} groups takes x [N, H, W, Cin] and weight [kh, kw, Cin / groups, Cout], Cout a multiple of ` +
        `groups; got [${image.shape}] and [${w.shape}]`,
    );
  }
  const known = [...CONV_OPTIONS, "dilation", "groups"];
  const geometry = windowShape("conv2d", { n: N, h: H, w: W, kh, kw, dilation }, options, known);
  if (groups > 1) {
    const { groups: _, dilation: __, ...others } = options;
    const depthwise = groups === Cin && Cout === Cin && kh === 3 && kw === 3 && dilation === 1 &&
      geometry.stride < 3;
    if (depthwise) return depthwiseConv(image, reshape(w, [3, 3, Cin]), others);
    if (Cg % 4 !== 0 || (Cout / groups) % 4 !== 0) {
      return conv2d(image, withoutGroups(w, groups), { ...others, dilation });
    }
  }
  const shape: Conv2dShape = { ...geometry, cin: Cin, cout: Cout, groups };
  const outShape = [N, geometry.oh, geometry.ow, Cout];
  const { epilogue, values, biases } = epilogueOf("conv2d", options, [image, w], outShape);
  const kernel = conv2dForward(shape, epilogue);
  const bound = { ...values, x: image.value, w: w.value };
  return differentiable([image, w, ...biases], activation(outShape), kernel, bound, (gradient, needs) => {
    const dy = gradient.value;
    let dw: Tensor | null = null;
    const dx = needs[0] ? inputGradient(shape, image, w, dy) : null;
    if (needs[1]) {
      const { dispatch, slices } = conv2dWeightGradient(shape, recorder().device.target);
      dw = summedSlices(slices, w.shape, dispatch, { x: image.value, dy });
    }
    return [dx, dw, ...biases.map(({ shape }) => needs[2] ? unbroadcast(gradient, shape) : null)];
  });
}

function inputGradient(shape: Conv2dShape, image: Tensor, w: Tensor, dy: Value): Tensor {
  const memory = activation(image.shape);
  const backward = stride1Gradient(shape);
  if (!backward) return computed(memory, conv2dInputGradient(shape), { dy, w: w.value });
  const turned = [shape.kh, shape.kw, shape.cout, shape.cin];
  const turn = strided(w.shape, { shape: turned, axes: [0, 1, 3, 2], flipped: [0, 1] });
  const { value } = computed(temporary(turned), turn, { x: w.value });
  return computed(memory, conv2dForward(backward), { x: dy, w: value });
}

/**
 * The convolution of the gradient that gives the input's, with the kernel turned around and its channels swapped: where the
 * stride is 1, there are no groups, and the padding is no wider than the kernel reaches.
 */
function stride1Gradient(shape: Conv2dShape): Conv2dShape | undefined {
  const { h, w, kh, kw, pads, stride, dilation = 1, groups = 1, cin, cout } = shape;
  const { oh, ow } = outputSize(shape);
  const [rows, columns] = [(kh - 1) * dilation, (kw - 1) * dilation];
  const [top, left] = [rows - pads.top, columns - pads.left];
  if (stride !== 1 || groups !== 1 || top < 0 || left < 0) return undefined;
  const around = { top, left, bottom: h - oh + rows - top, right: w - ow + columns - left };
  return { ...shape, h: oh, w: ow, pads: around, cin: cout, cout: cin };
}

/** Weights [kh, kw, Cin / groups, Cout] among zeros: [kh, kw, Cin, Cout]. */
function withoutGroups(w: Tensor, groups: number): Tensor {
  const [kh = 1, kw = 1, cg = 1, cout = 1] = w.shape;
  const cin = cg * groups;
  // Never four axes: what has four is taken for images, and may be stored as f16.
  const repeated = expand(reshape(w, [kh, kw, 1, cg, cout]), [kh, kw, groups, cg, cout]);
  const own = Float32Array.from({ length: cin * cout }, (_, i) => {
    const [input, output] = [Math.floor(i / cout / cg), Math.floor(i % cout * groups / cout)];
    return input === output ? 1 : 0;
  });
  const weights = mul(reshape(repeated, [kh * kw, cin, cout]), constant(own, [cin, cout]));
  return reshape(weights, [kh, kw, cin, cout]);
}

/** @throws {ShapeError} when axes seem to be in PyTorch's order, and fit so. */
function requireChannelsLast({ shape: x }: Tensor, { shape: w }: Tensor, groups: number): void {
  if (x.length !== 4 || w.length !== 4 || x[3] === (w[2] ?? 0) * groups) return;
  const got = `got x [${x}] and weight [${w}]`;
  if (x[3] === (w[1] ?? 0) * groups) {
    throw new ShapeError(
      `conv2d() takes weight [kh, kw, Cin / groups, Cout]; ${got}, which is [Cout, Cin / groups, kh, kw] in PyTorch's ` +
        "order: permute(weight, [2, 3, 1, 0])",
    );
  }
  if (x[1] === (w[1] ?? 0) * groups) {
    throw new ShapeError(
      `conv2d() takes x [N, H, W, Cin] and weight [kh, kw, Cin / groups, Cout]; ${got}, which are in PyTorch's order: ` +
        "permute(x, [0, 2, 3, 1]) and permute(weight, [2, 3, 1, 0])",
    );
  }
}

/**
 * Depthwise 3×3 convolution: x [N, H, W, C], weight [3, 3, C] → [N, OH, OW, C]. Stride 1 or 2.
 *
 * @throws {ShapeError} when the channels differ, or the kernel is not 3×3, or the stride neither 1 nor 2.
 * @throws {EngineError} when an option is unknown or out of range, or a gradient would flow through a residual or ReLU6.
 */
export function depthwiseConv(x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor {
  const [image, w] = [asTensor(x), asTensor(weight)];
  const { N, H, W, C } = sizesOf("depthwiseConv", { x: [image, "N H W C"], weight: [w, "3 3 C"] });
  const geometry = windowShape("depthwiseConv", { n: N, h: H, w: W, kh: 3, kw: 3 }, options, CONV_OPTIONS);
  const { stride } = geometry;
  if (stride !== 1 && stride !== 2) throw new ShapeError(`depthwiseConv() has stride 1 or 2; got ${stride}`);
  const shape: DepthwiseShape = { ...geometry, stride, channels: C };
  const outShape = [N, geometry.oh, geometry.ow, C];
  const loaded = image.load("x");
  const { epilogue, values, biases } = epilogueOf("depthwiseConv", options, [image, w], outShape);
  const { target } = recorder().device;
  const kernel = depthwiseForward(shape, target, loaded.prologue, epilogue);
  const bound = { ...loaded.values, ...values, w: w.value };
  return differentiable([image, w, ...biases], activation(outShape), kernel, bound, (gradient, needs) => {
    const db = biases.map(({ shape }) => needs[2] ? unbroadcast(gradient, shape) : null);
    const dy = gradient.load("dy");
    if (needs[0] && needs[1] && target.adapterClass === "gpu") {
      const [x, dx] = [image.load("x"), activation(image.shape)];
      const { dispatch, slices } = depthwiseConvGradients(shape, target, x.prologue, dy.prologue);
      const dw = summedSlices(slices, w.shape, dispatch, { ...x.values, ...dy.values, w: w.value, dx });
      return [new Tensor(image.shape, dx), dw, ...db];
    }
    let dx: Tensor | null = null;
    if (needs[0]) {
      const kernel = depthwiseConvInputGradient(shape, target, dy.prologue);
      dx = computed(activation(image.shape), kernel, { ...dy.values, w: w.value });
    }
    let dw: Tensor | null = null;
    if (needs[1]) {
      const x = image.load("x");
      const { dispatch, slices } = depthwiseConvWeightGradient(shape, target, x.prologue, dy.prologue);
      dw = summedSlices(slices, w.shape, dispatch, { ...x.values, ...dy.values });
    }
    return [dx, dw, ...db];
  });
}
