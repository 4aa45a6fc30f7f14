import type { DecodedImage } from "./image_decoder.ts";

/**
 * Resizes an image to RGB by a separable triangle filter whose support grows with the reduction (bilinear
 * interpolation when enlarging, an anti-aliased average when reducing, like Pillow's BILINEAR). The image is
 * stretched to the new size, as usual for crops in re-identification.
 *
 * @param image Gray, RGB, or RGB with alpha, which is ignored.
 * @param out Receives the result [height, width, 3], at least height·width·3 bytes.
 */
export function resizeToRgb(image: DecodedImage, out: Uint8Array, width: number, height: number): void {
  const { width: sourceWidth, height: sourceHeight, channels, data } = image;
  const green = channels === 1 ? 0 : 1, blue = channels === 1 ? 0 : 2;
  if (sourceWidth === width && sourceHeight === height) {
    if (channels === 3) return out.set(data);
    for (let from = 0, to = 0; to < width * height * 3; from += channels, to += 3) {
      out[to] = data[from]!;
      out[to + 1] = data[from + green]!;
      out[to + 2] = data[from + blue]!;
    }
    return;
  }

  const across = triangleWeights(sourceWidth, width);
  const down = triangleWeights(sourceHeight, height);
  const rows = new Float32Array(sourceHeight * width * 3);
  for (let y = 0, to = 0; y < sourceHeight; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      let redSum = 0, greenSum = 0, blueSum = 0;
      let from = (y * sourceWidth + across.first[x]!) * channels;
      for (let tap = 0; tap < across.taps; tap++, from += channels) {
        const weight = across.weights[x * across.taps + tap]!;
        if (weight === 0) continue;
        redSum += weight * data[from]!;
        greenSum += weight * data[from + green]!;
        blueSum += weight * data[from + blue]!;
      }
      rows[to] = redSum;
      rows[to + 1] = greenSum;
      rows[to + 2] = blueSum;
    }
  }
  const stride = width * 3;
  const sums = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0.5); // Conversion to bytes truncates: this makes it round. A weighted mean stays between 0 and 255.
    for (let tap = 0; tap < down.taps; tap++) {
      const weight = down.weights[y * down.taps + tap]!;
      if (weight === 0) continue;
      const from = (down.first[y]! + tap) * stride;
      for (let i = 0; i < stride; i++) sums[i]! += weight * rows[from + i]!;
    }
    out.set(sums, y * stride);
  }
}

/** The weights of a triangle filter along one axis. */
export interface Weights {
  /** Number of source pixels from `first` on that each result is the weighted mean of; weights beyond the source are 0. */
  readonly taps: number;
  /** [result]. */
  readonly first: Int32Array;
  /** [result, taps]. */
  readonly weights: Float32Array;
}

/** The most recent tables: a dataset's images have one size, or a few hundred. */
const tables = new Map<string, Weights>();

/** The filter from `source` pixels to `result`: bilinear interpolation when enlarging. */
export function triangleWeights(source: number, result: number): Weights {
  const key = `${source}>${result}`;
  const known = tables.get(key);
  if (known !== undefined) return known;

  const scale = source / result;
  const support = Math.max(1, scale);
  const taps = Math.ceil(2 * support) + 1;
  const first = new Int32Array(result);
  const weights = new Float32Array(result * taps);
  for (let i = 0; i < result; i++) {
    const center = (i + 0.5) * scale - 0.5;
    const start = Math.max(0, Math.ceil(center - support));
    const end = Math.min(source - 1, Math.floor(center + support));
    let sum = 0;
    const height = (pixel: number) => 1 - Math.abs(pixel - center) / support;
    for (let pixel = start; pixel <= end; pixel++) sum += height(pixel);
    first[i] = start;
    for (let pixel = start; pixel <= end; pixel++) weights[i * taps + pixel - start] = height(pixel) / sum;
  }
  const table = { taps, first, weights };
  if (tables.size >= 512) tables.clear();
  tables.set(key, table);
  return table;
}
