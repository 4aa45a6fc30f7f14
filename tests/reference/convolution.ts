/** Convolutions of the f64 reference, written as the loops over taps that define them. */
import { samePads } from "./conv_geometry.ts";
import { add } from "./elementwise.ts";
import type { Conv2dOptions, ConvGeometry, Pads } from "./settings.ts";
import { expectShape } from "./shapes.ts";
import { record, type RefTensor } from "./tape.ts";

/**
 * y[n,oh,ow,co] = sum over kh, kw, ci of x[n, oh*s - top + kh*d, ow*s - left + kw*d, ci] * w[kh,kw,ci,co], plus bias[co]. In
 * groups, ci runs over the input channels of the group of co.
 */
export function conv2d(
  x: RefTensor,
  weight: RefTensor,
  { bias, groups = 1, ...geometry }: Conv2dOptions & { bias?: RefTensor } = {},
): RefTensor {
  expectShape("A convolution's input", x, [-1, -1, -1, -1]);
  const channels = x.shape[3];
  expectShape("A convolution's weight", weight, [-1, -1, channels / groups, -1]);
  const [kernelHeight, kernelWidth, cin, cout] = weight.shape;
  const shape = outputShape(x.shape, kernelHeight, kernelWidth, cout, geometry);
  const data = new Float64Array(shape[0] * shape[1] * shape[2] * cout);
  /** The input channel that is multiplied by the weights of (ci, co). */
  const channelOf = (ci: number, co: number) => Math.floor(co * groups / cout) * cin + ci;
  forEachTap(x.shape, shape, kernelHeight, kernelWidth, geometry, (from, to, tap) => {
    for (let ci = 0; ci < cin; ci++) {
      for (let co = 0; co < cout; co++) {
        const v = x.data[from * channels + channelOf(ci, co)];
        data[to * cout + co] += v * weight.data[(tap * cin + ci) * cout + co];
      }
    }
  });
  const y = record(shape, data, [x, weight], (dy) => {
    const dx = new Float64Array(x.data.length);
    const dWeight = new Float64Array(weight.data.length);
    forEachTap(x.shape, shape, kernelHeight, kernelWidth, geometry, (from, to, tap) => {
      for (let ci = 0; ci < cin; ci++) {
        for (let co = 0; co < cout; co++) {
          const [i, w] = [from * channels + channelOf(ci, co), (tap * cin + ci) * cout + co];
          const g = dy[to * cout + co];
          dx[i] += g * weight.data[w];
          dWeight[w] += g * x.data[i];
        }
      }
    });
    return [dx, dWeight];
  });
  return bias ? add(y, bias) : y;
}

/** y[n,oh,ow,c] = sum over kh, kw of x[n, oh*s - top + kh, ow*s - left + kw, c] * w[kh,kw,c]. */
export function depthwiseConv(
  x: RefTensor,
  weight: RefTensor,
  { bias, ...geometry }: ConvGeometry & { bias?: RefTensor } = {},
): RefTensor {
  expectShape("A depthwise convolution's input", x, [-1, -1, -1, -1]);
  const channels = x.shape[3];
  expectShape("A depthwise convolution's weight", weight, [3, 3, channels]);
  const shape = outputShape(x.shape, 3, 3, channels, geometry);
  const data = new Float64Array(shape[0] * shape[1] * shape[2] * channels);
  forEachTap(x.shape, shape, 3, 3, geometry, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      data[to * channels + c] += x.data[from * channels + c] * weight.data[tap * channels + c];
    }
  });
  const y = record(shape, data, [x, weight], (dy) => {
    const dx = new Float64Array(x.data.length);
    const dWeight = new Float64Array(weight.data.length);
    forEachTap(x.shape, shape, 3, 3, geometry, (from, to, tap) => {
      for (let c = 0; c < channels; c++) {
        const g = dy[to * channels + c];
        dx[from * channels + c] += g * weight.data[tap * channels + c];
        dWeight[tap * channels + c] += g * x.data[from * channels + c];
      }
    });
    return [dx, dWeight];
  });
  return bias ? add(y, bias) : y;
}

/** The zeros on each side. */
export function padsOf(
  { stride = 1, padding = "valid", dilation = 1 }: ConvGeometry & { dilation?: number },
  height: number,
  width: number,
  kernelHeight: number,
  kernelWidth: number,
): Pads {
  if (typeof padding === "object") return padding;
  if (padding === "same") {
    const [vertical, horizontal] = [
      samePads(height, stride, (kernelHeight - 1) * dilation + 1),
      samePads(width, stride, (kernelWidth - 1) * dilation + 1),
    ];
    return { top: vertical.before, bottom: vertical.after, left: horizontal.before, right: horizontal.after };
  }
  const size = padding === "valid" ? 0 : padding;
  return { top: size, bottom: size, left: size, right: size };
}

/** Calls `visit` with input pixel, output pixel and tap for every product that lies inside the image. */
export function forEachTap(
  input: readonly number[],
  output: readonly number[],
  kernelHeight: number,
  kernelWidth: number,
  geometry: ConvGeometry & { dilation?: number },
  visit: (from: number, to: number, tap: number) => void,
): void {
  const [images, height, width] = input;
  const { stride = 1, dilation = 1 } = geometry;
  const pads = padsOf(geometry, height, width, kernelHeight, kernelWidth);
  const [, outHeight, outWidth] = output;
  for (let n = 0; n < images; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        const to = (n * outHeight + oh) * outWidth + ow;
        for (let kh = 0; kh < kernelHeight; kh++) {
          const ih = oh * stride - pads.top + kh * dilation;
          if (ih < 0 || ih >= height) continue;
          for (let kw = 0; kw < kernelWidth; kw++) {
            const iw = ow * stride - pads.left + kw * dilation;
            if (iw < 0 || iw >= width) continue;
            visit((n * height + ih) * width + iw, to, kh * kernelWidth + kw);
          }
        }
      }
    }
  }
}

/** Shape of the output. @throws RangeError when not even one window fits */
export function outputShape(
  [images, height, width]: readonly number[],
  kernelHeight: number,
  kernelWidth: number,
  channels: number,
  geometry: ConvGeometry & { dilation?: number },
): number[] {
  const { stride = 1, dilation = 1 } = geometry;
  const pads = padsOf(geometry, height, width, kernelHeight, kernelWidth);
  const along = (padded: number, taps: number) =>
    Math.floor((padded - (taps - 1) * dilation - 1) / stride) + 1;
  const outHeight = along(height + pads.top + pads.bottom, kernelHeight);
  const outWidth = along(width + pads.left + pads.right, kernelWidth);
  if (outHeight < 1 || outWidth < 1) {
    throw new RangeError(`A ${kernelHeight}x${kernelWidth} kernel does not fit a ${height}x${width} image`);
  }
  return [images, outHeight, outWidth, channels];
}
