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
import { activation, record, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";
import { requireWhole, type WindowOptions, windowShape } from "./windows.ts";

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
  const y = activation([shape.n, shape.oh, shape.ow, shape.channels]);
  record(maxPool(shape), { x: image.value, t: image.value, y });
  return result([image], y.shape, y, (gradient) => {
    const dx = activation(image.shape);
    record(maxPoolGradient(shape), { x: image.value, t: gradient.value, y: dx });
    return [new Tensor(image.shape, dx)];
  });
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
  const y = activation([shape.n, shape.oh, shape.ow, shape.channels]);
  record(averagePool(shape, countPadding), { x: image.value, y });
  return result([image], y.shape, y, (gradient) => {
    const dx = activation(image.shape);
    record(averagePoolGradient(shape, countPadding), { x: gradient.value, y: dx });
    return [new Tensor(image.shape, dx)];
  });
}

function poolShape(op: string, image: Tensor, options: PoolOptions, more: readonly string[]) {
  const { N, H, W, C } = sizesOf(op, { x: [image, "N H W C"] });
  const { size } = options;
  requireWhole(op, "size", size, 1);
  const windows = { n: N, h: H, w: W, kh: size, kw: size };
  const shape = windowShape(op, windows, { ...options, stride: options.stride ?? size }, [
    "size",
    "stride",
    "padding",
    ...more,
  ]);
  const largest = Math.max(shape.pads.top, shape.pads.bottom, shape.pads.left, shape.pads.right);
  if (largest >= size) {
    throw new ShapeError(`${op}() takes padding below the window's ${size}; got ${largest}`);
  }
  return { ...shape, channels: C };
}
