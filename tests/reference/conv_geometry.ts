/** The paddings that the weight families use. */
import type { ConvGeometry } from "./settings.ts";

/**
 * TensorFlow's SAME padding along one axis: the output has ceil(size / stride) elements, and an odd total puts
 * the extra zero after.
 */
export function samePads(size: number, stride: number, kernel: number): { before: number; after: number } {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
}

/** SAME padding of an image of height x width for a square kernel. */
export function sameGeometry(height: number, width: number, stride: number, kernel = 3): ConvGeometry {
  const vertical = samePads(height, stride, kernel);
  const horizontal = samePads(width, stride, kernel);
  return {
    stride,
    padding: {
      top: vertical.before,
      bottom: vertical.after,
      left: horizontal.before,
      right: horizontal.after,
    },
  };
}

/** The same number of zeros on all four sides. */
export function symmetricGeometry(stride: number, padding: number): ConvGeometry {
  return { stride, padding: { top: padding, bottom: padding, left: padding, right: padding } };
}
