/** Sizes shared by the convolution kernels. */

/** Stride of both axes and explicit zero padding. */
export interface ConvGeometry {
  /** Pixels between neighboring outputs, along both axes. */
  readonly stride: number;
  /** Zeros around the image. */
  readonly pads: Pads;
}

/** Rows or columns of zeros on each side of an image. */
export interface Pads {
  /** Rows above. */
  readonly top: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns on the left. */
  readonly left: number;
  /** Columns on the right. */
  readonly right: number;
}

/** A convolution over images [N, H, W, C] with kernel [kh, kw]. */
export interface ConvShape extends ConvGeometry {
  /** Images. */
  readonly n: number;
  /** Rows of an image that goes in. */
  readonly h: number;
  /** Columns of an image that goes in. */
  readonly w: number;
  /** Rows of the kernel. */
  readonly kh: number;
  /** Columns of the kernel. */
  readonly kw: number;
  /** Pixels between neighboring taps of the kernel; 1 by default. */
  readonly dilation?: number;
}

/**
 * Padding that makes the output ceil(size / stride), the extra pixel at the bottom and right: TensorFlow's SAME. `kernel` and
 * `kernelWidth`, by default the same, are the rows and columns of a window.
 */
export function samePads(h: number, w: number, kernel: number, stride: number, kernelWidth = kernel): Pads {
  const total = (size: number, reach: number) =>
    Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
  const [vertical, horizontal] = [total(h, kernel), total(w, kernelWidth)];
  return {
    top: Math.floor(vertical / 2),
    bottom: Math.ceil(vertical / 2),
    left: Math.floor(horizontal / 2),
    right: Math.ceil(horizontal / 2),
  };
}

/** Height and width of the output. */
export function outputSize(shape: ConvShape): { oh: number; ow: number } {
  const { h, w, kh, kw, stride, pads, dilation = 1 } = shape;
  const along = (padded: number, taps: number) =>
    Math.floor((padded - (taps - 1) * dilation - 1) / stride) + 1;
  return { oh: along(h + pads.top + pads.bottom, kh), ow: along(w + pads.left + pads.right, kw) };
}
