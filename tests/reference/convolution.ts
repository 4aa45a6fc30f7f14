/** Convolutions of the f64 reference, written as the loops over taps that define them. */
import type { ConvGeometry } from "./settings.ts";
import { expectShape } from "./shapes.ts";
import { record, type RefTensor } from "./tape.ts";

/** y[n,oh,ow,co] = sum over kh, kw, ci of x[n, oh*s - top + kh, ow*s - left + kw, ci] * w[kh,kw,ci,co]. */
export function conv2d(x: RefTensor, weight: RefTensor, geometry: ConvGeometry): RefTensor {
  expectShape("A convolution's input", x, [-1, -1, -1, -1]);
  expectShape("A convolution's weight", weight, [-1, -1, x.shape[3], -1]);
  const [kernelHeight, kernelWidth, cin, cout] = weight.shape;
  const shape = outputShape(x.shape, kernelHeight, kernelWidth, cout, geometry);
  const data = new Float64Array(shape[0] * shape[1] * shape[2] * cout);
  forEachTap(x.shape, shape, kernelHeight, kernelWidth, geometry, (from, to, tap) => {
    for (let ci = 0; ci < cin; ci++) {
      const v = x.data[from * cin + ci];
      const row = (tap * cin + ci) * cout;
      for (let co = 0; co < cout; co++) data[to * cout + co] += v * weight.data[row + co];
    }
  });
  return record(shape, data, [x, weight], (dy) => {
    const dx = new Float64Array(x.data.length);
    const dWeight = new Float64Array(weight.data.length);
    forEachTap(x.shape, shape, kernelHeight, kernelWidth, geometry, (from, to, tap) => {
      for (let ci = 0; ci < cin; ci++) {
        const v = x.data[from * cin + ci];
        const row = (tap * cin + ci) * cout;
        let sum = 0;
        for (let co = 0; co < cout; co++) {
          const g = dy[to * cout + co];
          sum += g * weight.data[row + co];
          dWeight[row + co] += g * v;
        }
        dx[from * cin + ci] += sum;
      }
    });
    return [dx, dWeight];
  });
}

/** y[n,oh,ow,c] = sum over kh, kw of x[n, oh*s - top + kh, ow*s - left + kw, c] * w[kh,kw,c]. */
export function depthwiseConv(x: RefTensor, weight: RefTensor, geometry: ConvGeometry): RefTensor {
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
  return record(shape, data, [x, weight], (dy) => {
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
}

/** Calls `visit` with input pixel, output pixel and tap for every product that lies inside the image. */
export function forEachTap(
  input: readonly number[],
  output: readonly number[],
  kernelHeight: number,
  kernelWidth: number,
  { stride, pads }: ConvGeometry,
  visit: (from: number, to: number, tap: number) => void,
): void {
  const [images, height, width] = input;
  const [, outHeight, outWidth] = output;
  for (let n = 0; n < images; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        const to = (n * outHeight + oh) * outWidth + ow;
        for (let kh = 0; kh < kernelHeight; kh++) {
          const ih = oh * stride - pads.top + kh;
          if (ih < 0 || ih >= height) continue;
          for (let kw = 0; kw < kernelWidth; kw++) {
            const iw = ow * stride - pads.left + kw;
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
  { stride, pads }: ConvGeometry,
): number[] {
  const outHeight = Math.floor((height + pads.top + pads.bottom - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + pads.left + pads.right - kernelWidth) / stride) + 1;
  if (outHeight < 1 || outWidth < 1) {
    throw new RangeError(`A ${kernelHeight}x${kernelWidth} kernel does not fit a ${height}x${width} image`);
  }
  return [images, outHeight, outWidth, channels];
}
