/** Convolutions over images [N, H, W, C]. Pointwise ones are matrix products: see matrix.ts. */
import {
  conv2d as conv2dForward,
  conv2dInputGradient,
  type Conv2dShape,
  conv2dWeightGradient,
  type ConvGeometry,
  depthwiseConv as depthwiseForward,
  depthwiseConvGradients,
  depthwiseConvInputGradient,
  depthwiseConvWeightGradient,
  type DepthwiseShape,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record, recorder } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import { epilogueOf, type EpilogueOptions } from "./epilogue.ts";
import { sizesOf, windows } from "./sizes.ts";
import { summedSlices } from "./summed_slices.ts";

/**
 * Full convolution: x [N, H, W, Cin], weight [kh, kw, Cin, Cout] → [N, OH, OW, Cout].
 *
 * @throws {ShapeError} when the channels differ or the kernel does not fit into the padded image.
 * @throws {EngineError} when a gradient would have to flow through `options`.
 */
export function conv2d(
  x: TensorLike,
  weight: TensorLike,
  geometry: ConvGeometry,
  options: EpilogueOptions = {},
): Tensor {
  const [image, w] = [asTensor(x), asTensor(weight)];
  const { N, H, W, Cin, kh, kw, Cout } = sizesOf("conv2d", {
    x: [image, "N H W Cin"],
    weight: [w, "kh kw Cin Cout"],
  });
  const shape: Conv2dShape = { n: N, h: H, w: W, kh, kw, ...geometry, cin: Cin, cout: Cout };
  const { oh, ow } = windows("conv2d", shape);
  const outShape = [N, oh, ow, Cout];
  const y = activation(outShape);
  const { epilogue, values } = epilogueOf("conv2d", options, [image, w], outShape);
  record(conv2dForward(shape, epilogue), { ...values, x: image.value, w: w.value, y });
  return result([image, w], outShape, y, (gradient, needs) => {
    const dy = gradient.value;
    let dx: Tensor | null = null;
    if (needs[0]) {
      const value = activation(image.shape);
      record(conv2dInputGradient(shape), { dy, w: w.value, dx: value });
      dx = new Tensor(image.shape, value);
    }
    let dw: Tensor | null = null;
    if (needs[1]) {
      const { dispatch, slices } = conv2dWeightGradient(shape, recorder().device.target);
      dw = new Tensor(
        w.shape,
        summedSlices(slices, w.shape, (target) => record(dispatch, { x: image.value, dy, dw: target })),
      );
    }
    return [dx, dw];
  });
}

/**
 * Depthwise 3×3 convolution: x [N, H, W, C], weight [3, 3, C] → [N, OH, OW, C]. Stride 1 or 2.
 *
 * @throws {ShapeError} when the channels differ, or the kernel is not 3×3, or the stride neither 1 nor 2.
 * @throws {EngineError} when a gradient would have to flow through `options`.
 */
export function depthwiseConv(
  x: TensorLike,
  weight: TensorLike,
  geometry: ConvGeometry,
  options: EpilogueOptions = {},
): Tensor {
  const [image, w] = [asTensor(x), asTensor(weight)];
  const { N, H, W, C } = sizesOf("depthwiseConv", { x: [image, "N H W C"], weight: [w, "3 3 C"] });
  if (geometry.stride !== 1 && geometry.stride !== 2) {
    throw new ShapeError(`depthwiseConv() has stride 1 or 2; got ${geometry.stride}`);
  }
  const shape: DepthwiseShape = { n: N, h: H, w: W, kh: 3, kw: 3, ...geometry, channels: C };
  const { oh, ow } = windows("depthwiseConv", shape);
  const outShape = [N, oh, ow, C];
  const y = activation(outShape);
  const loaded = image.load("x");
  const { epilogue, values } = epilogueOf("depthwiseConv", options, [image, w], outShape);
  const { target } = recorder().device;
  record(depthwiseForward(shape, target, loaded.prologue, epilogue), {
    ...loaded.values,
    ...values,
    w: w.value,
    y,
  });
  return result([image, w], outShape, y, (gradient, needs) => {
    const dy = gradient.load("dy");
    if (needs[0] && needs[1] && target.adapterClass === "gpu") {
      const [x, dx] = [image.load("x"), activation(image.shape)];
      const { dispatch, slices } = depthwiseConvGradients(shape, target, x.prologue, dy.prologue);
      const dw = summedSlices(
        slices,
        w.shape,
        (dw) => record(dispatch, { ...x.values, ...dy.values, w: w.value, dx, dw }),
      );
      return [new Tensor(image.shape, dx), new Tensor(w.shape, dw)];
    }
    let dx: Tensor | null = null;
    if (needs[0]) {
      const value = activation(image.shape);
      record(depthwiseConvInputGradient(shape, target, dy.prologue), { ...dy.values, w: w.value, dx: value });
      dx = new Tensor(image.shape, value);
    }
    let dw: Tensor | null = null;
    if (needs[1]) {
      const x = image.load("x");
      const { dispatch, slices } = depthwiseConvWeightGradient(shape, target, x.prologue, dy.prologue);
      dw = new Tensor(
        w.shape,
        summedSlices(
          slices,
          w.shape,
          (target) => record(dispatch, { ...x.values, ...dy.values, dw: target }),
        ),
      );
    }
    return [dx, dw];
  });
}
