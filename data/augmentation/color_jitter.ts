/**
 * Random changes of color, as cameras and weather make them. Each is linear in red, green and blue (Haeberli, "Matrix
 * Operations for Image Processing", 1993), so that all of them are one matrix for each image.
 */
import type { ColorMatrix, Random } from "../../engine/mod.ts";

/** The changes to the colors of one image, in this order. */
export interface ColorChange {
  /** Factors of red, green and blue: a camera's color cast. */
  readonly gain: readonly [number, number, number];
  /** Factor of all three. */
  readonly brightness: number;
  /** Factor of the difference from the gray {@link GRAY}. */
  readonly contrast: number;
  /** Factor of the difference from the pixel's luma; 0 makes it gray. */
  readonly saturation: number;
  /** Rotation about the axis of grays, in radians. */
  readonly hue: number;
}

/** Luma of ImageNet's mean color: contrast is relative to this, not to each image's mean. */
export const GRAY = 117;

/** Luma of red, green and blue (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const;

/** Limits at strength 1: the logarithm of a factor, or the angle, is between minus and plus this. */
const REACH = { gain: 0.2, brightness: 0.4, contrast: 0.4, saturation: 0.6, hue: Math.PI / 9 };

/**
 * The colors of one image, changed at random. At strength 1 brightness and contrast change by a factor of up to 1.5
 * either way, saturation 1.8, each channel's gain 1.2, hue by up to 20 degrees; other strengths multiply the factors'
 * logarithms and the angle. All are uniform in these ranges.
 */
export function drawColors(random: Random, strength: number): ColorMatrix {
  const within = (reach: number) => strength * random.uniform(-reach, reach);
  const factor = (reach: number) => Math.exp(within(reach));
  return colorMatrix({
    gain: [factor(REACH.gain), factor(REACH.gain), factor(REACH.gain)],
    brightness: factor(REACH.brightness),
    contrast: factor(REACH.contrast),
    saturation: factor(REACH.saturation),
    hue: within(REACH.hue),
  });
}

/** All changes as one matrix and offset on values from 0 to 255. */
export function colorMatrix({ gain, brightness, contrast, saturation, hue }: ColorChange): ColorMatrix {
  // Saturation and hue leave grays where they are, so the offset of contrast passes through them.
  const [red, green, blue] = product(rotation(hue), saturate(saturation));
  const row = ([r, g, b]: Row) =>
    [
      r * contrast * brightness * gain[0],
      g * contrast * brightness * gain[1],
      b * contrast * brightness * gain[2],
      GRAY * (1 - contrast),
    ] as const;
  return [row(red), row(green), row(blue)];
}

type Row = readonly [number, number, number];
type Matrix = readonly [Row, Row, Row];

/** luma + s · (color - luma). */
function saturate(s: number): Matrix {
  const [r, g, b] = [(1 - s) * LUMA[0], (1 - s) * LUMA[1], (1 - s) * LUMA[2]];
  return [[r + s, g, b], [r, g + s, b], [r, g, b + s]];
}

/** Rotation about (1, 1, 1) (Rodrigues). */
function rotation(angle: number): Matrix {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle) / Math.sqrt(3)];
  const [same, next, other] = [cos + (1 - cos) / 3, (1 - cos) / 3 - sin, (1 - cos) / 3 + sin];
  return [[same, next, other], [other, same, next], [next, other, same]];
}

function product([first, second, third]: Matrix, [r, g, b]: Matrix): Matrix {
  const row = ([x, y, z]: Row): Row => [
    x * r[0] + y * g[0] + z * b[0],
    x * r[1] + y * g[1] + z * b[1],
    x * r[2] + y * g[2] + z * b[2],
  ];
  return [row(first), row(second), row(third)];
}
