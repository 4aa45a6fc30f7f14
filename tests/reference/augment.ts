/** Augmentation in f64, one pixel at a time, from the meaning of an augmentation rather than from its packed numbers. */
import { type Augmentation, type AugmentedBatch, IMAGENET_COLOR } from "../../engine/mod.ts";

/** One image: `bytes` [height, width, 3] of the source → normalized values [height, width, 3] of the batch's size. */
export function augmentReference(
  bytes: Uint8Array,
  { crop, mirrored, colors, erased, noise }: Augmentation,
  { source, size, fill }: AugmentedBatch,
): number[] {
  const { mean, deviation } = IMAGENET_COLOR;
  /** Red, green, blue and 1 within the source, zeros outside. */
  const texel = (row: number, column: number): number[] => {
    if (row < 0 || row >= source.height || column < 0 || column >= source.width) return [0, 0, 0, 0];
    const at = (row * source.width + column) * 3;
    return [bytes[at], bytes[at + 1], bytes[at + 2], 1];
  };
  const values: number[] = [];
  for (let i = 0; i < size.height; i++) {
    for (let j = 0; j < size.width; j++) {
      const v = crop.top + (i + 0.5) * crop.height / size.height - 0.5;
      const column = mirrored ? size.width - 1 - j : j;
      const u = crop.left + (column + 0.5) * crop.width / size.width - 0.5;
      const [top, left] = [Math.floor(v), Math.floor(u)];
      const [down, across] = [v - top, u - left];
      const blended = [0, 1, 2, 3].map((lane) =>
        (1 - down) * ((1 - across) * texel(top, left)[lane] + across * texel(top, left + 1)[lane]) +
        down * ((1 - across) * texel(top + 1, left)[lane] + across * texel(top + 1, left + 1)[lane])
      );
      const coverage = blended[3];
      const isErased = i >= erased.top && i < erased.top + erased.height && j >= erased.left &&
        j < erased.left + erased.width;
      const noisy = pcg3d(j, i, noise);
      for (let c = 0; c < 3; c++) {
        const color = colors[c].reduce((sum, m, lane) => sum + m * blended[lane], 0);
        const covered = Math.min(Math.max(color, 0), 255 * coverage) / 255;
        if (!isErased) values.push((covered - mean[c] * coverage) / deviation[c]);
        else values.push(fill === "noise" ? ((noisy[c] >>> 24) / 255 - mean[c]) / deviation[c] : 0);
      }
    }
  }
  return values;
}

/** Jarzynski & Olano 2020, listing of pcg3d, in integers modulo 2³². */
function pcg3d(...place: [number, number, number]): number[] {
  const MODULUS = 1n << 32n;
  const v = place.map((value) => (BigInt(value) * 1664525n + 1013904223n) % MODULUS);
  const mix = () => {
    for (let i = 0; i < 3; i++) v[i] = (v[i] + v[(i + 1) % 3] * v[(i + 2) % 3]) % MODULUS;
  };
  mix();
  for (let i = 0; i < 3; i++) v[i] ^= v[i] >> 16n;
  mix();
  return v.map(Number);
}
