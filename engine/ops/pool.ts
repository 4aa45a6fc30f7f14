/** Pooling. */
import {
  type ConvGeometry,
  globalAveragePool as forward,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
  type PoolShape,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import { sizesOf, windows } from "./sizes.ts";

/** Mean over all pixels: [N, H, W, C] → [N, C]. @throws {ShapeError} when x is no image. */
export function globalAveragePool(x: TensorLike): Tensor {
  const image = asTensor(x);
  const { N, H, W, C } = sizesOf("globalAveragePool", { x: [image, "N H W C"] });
  const y = temporary([N, C]);
  const loaded = image.load("x");
  record(forward(N, H * W, C, loaded.prologue), { ...loaded.values, y });
  return result([image], [N, C], y, (gradient) => {
    const dx = activation(image.shape);
    record(globalAveragePoolGradient(N, H * W, C), { dy: gradient.value, dx });
    return [new Tensor(image.shape, dx)];
  });
}

/** Square windows of `size` pixels, `stride` apart. Pads are smaller than a window, so that each holds a pixel. */
export interface PoolGeometry extends ConvGeometry {
  /** Rows and columns of a window. */
  readonly size: number;
}

/**
 * Maximum of every window: x [N, H, W, C] → [N, OH, OW, C]. Padding is never the maximum; NaN is, wherever there is one. The
 * gradient goes to the maximum, of equal ones to the first in row-major order.
 *
 * @throws {ShapeError} when x is no image, no window fits into it, or a pad is as large as a window.
 */
export function maxPool2d(x: TensorLike, { size, stride, pads }: PoolGeometry): Tensor {
  const image = asTensor(x);
  const { N, H, W, C } = sizesOf("maxPool2d", { x: [image, "N H W C"] });
  const largest = Math.max(pads.top, pads.bottom, pads.left, pads.right);
  if (largest >= size) {
    throw new ShapeError(`maxPool2d() takes pads below the window's ${size}; got ${largest}`);
  }
  const shape: PoolShape = { n: N, h: H, w: W, kh: size, kw: size, stride, pads, channels: C };
  const { oh, ow } = windows("maxPool2d", shape);
  const y = activation([N, oh, ow, C]);
  record(maxPool(shape), { x: image.value, t: image.value, y });
  return result([image], y.shape, y, (gradient) => {
    const dx = activation(image.shape);
    record(maxPoolGradient(shape), { x: image.value, t: gradient.value, y: dx });
    return [new Tensor(image.shape, dx)];
  });
}
