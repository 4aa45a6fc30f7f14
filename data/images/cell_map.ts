/** Maps of a number for every cell of a network's feature map, as colors over the image. */
import { itemAt } from "../../engine/item_at.ts";
import { blueOrange, type Color, viridis } from "./color_scales.ts";
import { triangleWeights } from "./resize.ts";

/** A number for each cell. */
export interface CellMap {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], row-major. */
  readonly values: ArrayLike<number>;
}

/** A size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** How numbers become colors. */
export type ColorScale = (value: number) => Color;

/** The largest magnitude of the values of some maps; 1 if all are 0. */
export function largestMagnitude(...maps: readonly Pick<CellMap, "values">[]): number {
  let largest = 0;
  for (const { values } of maps) {
    for (const value of Array.from(values)) largest = Math.max(largest, Math.abs(value));
  }
  return largest || 1;
}

/** The scale of activations: from 0, dark violet, to the image's highest, yellow. */
export function activationScale(map: Pick<CellMap, "values">): ColorScale {
  const highest = largestMagnitude(map);
  return (value) => viridis(value / highest);
}

/** The scale of parts of a cosine: blue where a cell lowers it, orange where it raises it; `limit` is the darkest. */
export function partsScale(limit: number): ColorScale {
  return (value) => blueOrange(value / limit);
}

/**
 * Enlarges a map by bilinear interpolation between the centers of its cells; outside of them the nearest ones count.
 *
 * @returns [height, width], row-major.
 */
export function enlarged({ rows, columns, values }: CellMap, { width, height }: PictureSize): Float64Array {
  const across = triangleWeights(columns, width), down = triangleWeights(rows, height);
  return Float64Array.from({ length: width * height }, (_, pixel) => {
    const x = pixel % width, y = Math.floor(pixel / width);
    let sum = 0;
    for (let i = 0; i < down.taps; i++) {
      for (let j = 0; j < across.taps; j++) {
        const weight = itemAt(down.weights, y * down.taps + i) * itemAt(across.weights, x * across.taps + j);
        if (weight === 0) continue;
        sum += weight * itemAt(values, (itemAt(down.first, y) + i) * columns + itemAt(across.first, x) + j);
      }
    }
    return sum;
  });
}

/** A map in colors, enlarged: [height, width, 3]. */
export function coloredMap(map: CellMap, scale: ColorScale, size: PictureSize): Uint8Array<ArrayBuffer> {
  const colors = new Uint8Array(size.width * size.height * 3);
  for (const [pixel, value] of enlarged(map, size).entries()) colors.set(scale(value), 3 * pixel);
  return colors;
}

/** How much of an overlay is the map; the rest is the image, in gray. */
export const MAP_SHARE = 0.6;

/**
 * A map in colors over an image in gray (luma of ITU-R BT.601).
 *
 * @param rgb The image [height, width, 3].
 * @returns [height, width, 3].
 */
export function overlaid(
  rgb: Uint8Array,
  size: PictureSize,
  map: CellMap,
  scale: ColorScale,
): Uint8Array<ArrayBuffer> {
  const colors = coloredMap(map, scale, size);
  return colors.map((color, i) => {
    const at = i - i % 3;
    const gray = 0.299 * itemAt(rgb, at) + 0.587 * itemAt(rgb, at + 1) + 0.114 * itemAt(rgb, at + 2);
    return Math.round(MAP_SHARE * color + (1 - MAP_SHARE) * gray);
  });
}

/** Sums of a map's rows, from the top. */
export function rowSums({ rows, columns, values }: CellMap): number[] {
  return Array.from(
    { length: rows },
    (_, row) => Array.from(values).slice(row * columns, (row + 1) * columns).reduce((sum, x) => sum + x, 0),
  );
}
