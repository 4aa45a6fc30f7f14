/**
 * Resizes RGBA to RGB by a separable triangle filter whose support grows with the reduction (bilinear
 * interpolation when enlarging, an anti-aliased average when reducing, as Pillow's BILINEAR). The picture is
 * stretched to the new size, as re-identification does with its crops.
 *
 * @param rgba Source, [sourceHeight, sourceWidth, 4]; alpha is ignored.
 * @param out Where the result goes, at least height·width·3 bytes, [height, width, 3].
 */
export function resizeToRgb(
  rgba: ArrayLike<number>,
  sourceWidth: number,
  sourceHeight: number,
  out: Uint8Array,
  width: number,
  height: number,
): void {
  if (sourceWidth === width && sourceHeight === height) {
    for (let from = 0, to = 0; to < width * height * 3; from += 4, to += 3) {
      out[to] = rgba[from]!;
      out[to + 1] = rgba[from + 1]!;
      out[to + 2] = rgba[from + 2]!;
    }
    return;
  }

  const across = triangleWeights(sourceWidth, width);
  const down = triangleWeights(sourceHeight, height);
  const rows = new Float32Array(sourceHeight * width * 3);
  for (let y = 0, to = 0; y < sourceHeight; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      let red = 0, green = 0, blue = 0;
      let from = (y * sourceWidth + across.first[x]!) * 4;
      for (let tap = 0; tap < across.taps; tap++, from += 4) {
        const weight = across.weights[x * across.taps + tap]!;
        if (weight === 0) continue;
        red += weight * rgba[from]!;
        green += weight * rgba[from + 1]!;
        blue += weight * rgba[from + 2]!;
      }
      rows[to] = red;
      rows[to + 1] = green;
      rows[to + 2] = blue;
    }
  }
  const stride = width * 3;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let tap = 0; tap < down.taps; tap++) {
        const weight = down.weights[y * down.taps + tap]!;
        if (weight !== 0) sum += weight * rows[(down.first[y]! + tap) * stride + i]!;
      }
      out[y * stride + i] = Math.round(sum); // A weighted mean of bytes: between 0 and 255.
    }
  }
}

interface Weights {
  /** Source positions that each result is made of; weights beyond the source are 0. */
  taps: number;
  first: Int32Array;
  weights: Float32Array;
}

/** The most recent tables: a dataset's images have one size, or a few hundred. */
const tables = new Map<string, Weights>();

function triangleWeights(source: number, result: number): Weights {
  const key = `${source}>${result}`;
  const known = tables.get(key);
  if (known !== undefined) return known;

  const scale = source / result;
  const support = Math.max(1, scale);
  const taps = Math.ceil(2 * support) + 1;
  const first = new Int32Array(result);
  const weights = new Float32Array(result * taps);
  for (let i = 0; i < result; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    const start = Math.max(0, Math.ceil(centre - support));
    const end = Math.min(source - 1, Math.floor(centre + support));
    let sum = 0;
    for (let at = start; at <= end; at++) sum += 1 - Math.abs(at - centre) / support;
    first[i] = start;
    for (let at = start; at <= end; at++) {
      weights[i * taps + at - start] = (1 - Math.abs(at - centre) / support) / sum;
    }
  }
  const table = { taps, first, weights };
  if (tables.size >= 512) tables.clear();
  tables.set(key, table);
  return table;
}
