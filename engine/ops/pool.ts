/** Pooling. */
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool as forward,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, temporary } from "../recorder.ts";
import { asTensor, computed, differentiable, type Tensor, type TensorLike } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";
import { requireWhole, type WindowOptions, windowShape } from "./windows.ts";

/** Mean over all pixels: [N, H, W, C] → [N, C]. @throws {ShapeError} when x is no image. */
export function globalAveragePool(x: TensorLike): Tensor {
  const image = asTensor(x);
  const { N, H, W, C } = sizesOf("globalAveragePool", { x: [image, "N H W C"] });
  const { prologue, values } = image.load("x");
  const kernel = forward(N, H * W, C, prologue);
  return differentiable([image], temporary([N, C]), kernel, values, (gradient) => [
    computed(activation(image.shape), globalAveragePoolGradient(N, H * W, C), { dy: gradient.value }),
  ]);
}

/** Square windows. Pads are smaller than a window, so that each holds a pixel. */
export interface PoolOptions extends WindowOptions {
  /** Rows and columns of a window. */
  readonly size: number;
  /** Pixels between neighboring windows; `size` by default. */
  readonly stride?: number;
}

/** Options of {@link averagePool2d}. */
export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts as pixels of value 0, as in PyTorch; true by default. */
  readonly countPadding?: boolean;
}

/**
 * Maximum of every window: x [N, H, W, C] → [N, OH, OW, C]. Padding is never the maximum; NaN is, wherever there is one. The
 * gradient goes to the maximum, of equal ones to the first in row-major order.
 *
 * @throws {ShapeError} when x is no image, no window fits into it, or a pad is as large as a window.
 * @throws {EngineError} when an option is unknown or out of range.
 */
export function maxPool2d(x: TensorLike, options: PoolOptions): Tensor {
  const image = asTensor(x);
  const shape = poolShape("maxPool2d", image, options, []);
  const values = { x: image.value, t: image.value };
  return differentiable([image], activation(shape.output), maxPool(shape), values, (gradient) => [
    computed(activation(image.shape), maxPoolGradient(shape), { ...values, t: gradient.value }),
  ]);
}

/**
 * Mean of every window: x [N, H, W, C] → [N, OH, OW, C].
 *
 * @throws {ShapeError} when x is no image, no window fits into it, or a pad is as large as a window.
 * @throws {EngineError} when an option is unknown or out of range.
 */
export function averagePool2d(x: TensorLike, options: AveragePoolOptions): Tensor {
  const image = asTensor(x);
  const { countPadding = true } = options;
  const shape = poolShape("averagePool2d", image, options, ["countPadding"]);
  const kernel = averagePool(shape, countPadding);
  return differentiable([image], activation(shape.output), kernel, { x: image.value }, (gradient) => [
    computed(activation(image.shape), averagePoolGradient(shape, countPadding), { x: gradient.value }),
  ]);
}

function poolShape(op: string, image: Tensor, options: PoolOptions, more: readonly string[]) {
  const { N, H, W, C } = sizesOf(op, { x: [image, "N H W C"] });
  const { size } = options;
  requireWhole(op, "size", size, 1);
  const windows = { n: N, h: H, w: W, kh: size, kw: size };
  const known = ["size", "stride", "padding", ...more];
  const shape = windowShape(op, windows, { ...options, stride: options.stride ?? size }, known);
  const largest = Math.max(shape.pads.top, shape.pads.bottom, shape.pads.left, shape.pads.right);
  if (largest >= size) {
    throw new ShapeError(`${op}() takes padding below the window's ${size}; got ${largest}`);
  }
  return { ...shape, channels: C, output: [N, shape.oh, shape.ow, C] };
}
