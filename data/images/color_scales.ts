/** Color scales whose steps look equally large, in light and dark surroundings and to color-blind readers. */
import { itemAt } from "../../engine/item_at.ts";

/** Red, green and blue from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * From dark violet over blue and green to yellow. Lightness increases all the way, so that prints without colors show the
 * order too. Points of viridis (van der Walt and Smith, 2015).
 */
const VIRIDIS: readonly Color[] = [
  [68, 1, 84],
  [70, 50, 126],
  [54, 92, 141],
  [39, 127, 142],
  [31, 161, 135],
  [74, 193, 109],
  [160, 218, 57],
  [253, 231, 37],
];

/**
 * From blue over nearly white to orange. Both ends are equally dark. Points of the schemes RdBu and PuOr (Harrower and
 * Brewer, "ColorBrewer.org", 2003).
 */
const BLUE_ORANGE: readonly Color[] = [
  [33, 102, 172],
  [103, 169, 207],
  [209, 229, 240],
  [247, 247, 247],
  [254, 224, 182],
  [241, 163, 64],
  [179, 88, 6],
];

/** A color between the points of a scale, by linear steps; beyond its ends, the color of the end. */
function between(points: readonly Color[], share: number): Color {
  const position = Math.min(1, Math.max(0, share)) * (points.length - 1);
  const from = Math.min(points.length - 2, Math.floor(position)), part = position - from;
  const low = itemAt(points, from), high = itemAt(points, from + 1);
  const mixed = (c: 0 | 1 | 2) => Math.round(low[c] * (1 - part) + high[c] * part);
  return [mixed(0), mixed(1), mixed(2)];
}

/** The color of a share from 0 (dark violet) to 1 (yellow). */
export function viridis(share: number): Color {
  return between(VIRIDIS, share);
}

/** The color of a number from -1 (blue) over 0 (nearly white) to 1 (orange). */
export function blueOrange(value: number): Color {
  return between(BLUE_ORANGE, (value + 1) / 2);
}
