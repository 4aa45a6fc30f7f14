import { type Canvas, clamp01, paint, type Rgb, rounded, roundness, type Shade } from "./canvas.ts";
import type { Garment, Person, UpperKind } from "./person.ts";
import type { Joint, Leg, Limb, Pose, Skeleton } from "./skeleton.ts";
import { secondaryShare } from "./texture.ts";

/** How the light and the folds of the cloth fall in one picture. */
export interface Light {
  /** -1 from the left to 1 from the right. */
  side: number;
  /** Phase of the folds, in radians. */
  folds: number;
}

/** One person in one picture, and the canvas to paint them on. */
export interface Figure {
  canvas: Canvas;
  person: Person;
  pose: Pose;
  bones: Skeleton;
  light: Light;
}

/** Paints part of a limb between two joints; radii are relative to the person's size. */
function segment(
  { canvas, bones: { size } }: Figure,
  a: Joint,
  ra: number,
  b: Joint,
  rb: number,
  shade: Shade,
) {
  canvas.capsule(a.x, a.y, ra * size, b.x, b.y, rb * size, shade);
}

/** The angle around a body part that faces `yaw`, at `s` from its left edge (-1) to its right (1). */
function azimuthAt(s: number, sin: number, cos: number): number {
  const toward = Math.sqrt(1 - s * s);
  return Math.atan2(s * cos - toward * sin, s * sin + toward * cos);
}

/** Cloth on a body part that is round in the horizontal: the pattern turns with the body. */
function cloth<K>(
  { texture, primary, secondary }: Garment<K>,
  { pose: { yaw }, light }: Figure,
  from: number,
  to: number,
  length: number,
): Shade {
  const sin = Math.sin(yaw), cos = Math.cos(yaw);
  const needsAzimuth = !["plain", "raglan", "stripes", "block"].includes(texture);
  return (s, v, out) => {
    const azimuth = needsAzimuth ? azimuthAt(s, sin, cos) : 0;
    const share = secondaryShare(texture, azimuth, from + (to - from) * v, length);
    const folds = 1 + 0.05 * Math.sin(11 * v + 4 * s + light.folds) +
      0.04 * Math.sin(5 * v - 7 * s + 2 * light.folds);
    paint(out, mixed(primary, secondary, share), roundness(s, light.side) * folds);
  };
}

function mixed(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** Paints one leg with its shoe. */
export function drawLeg(figure: Figure, { root, middle, end, toe }: Leg): void {
  const { person, light, bones: { size } } = figure;
  const { lower, build } = person;
  const fabric = (from: number, to: number) => cloth(lower, figure, from, to, 1.4);
  if (lower.kind === "trousers" || lower.kind === "leggings") {
    const wide = lower.kind === "trousers" ? 1 : 0.72;
    segment(figure, root, 0.056 * build, middle, 0.047 * build * wide, fabric(0, 0.5));
    segment(figure, middle, 0.047 * build * wide, end, 0.038 * wide, fabric(0.5, 1));
  } else {
    const skin = rounded(person.skin, light.side);
    segment(figure, root, 0.045 * build, middle, 0.033 * build, skin);
    segment(figure, middle, 0.034 * build, end, 0.021, skin);
    if (lower.kind === "shorts") {
      const hem = {
        x: root.x + 0.85 * (middle.x - root.x),
        y: root.y + 0.85 * (middle.y - root.y),
        depth: 0,
      };
      segment(figure, root, 0.058 * build, hem, 0.054 * build, fabric(0, 0.5));
    }
  }
  const shoe = rounded(person.shoes, light.side);
  segment(figure, { ...end, y: end.y + 0.008 * size }, 0.024, toe, 0.017, shoe);
}

/** Paints the trunk with the clothes on it, down to the hem of a skirt or coat. */
export function drawTrunk(figure: Figure): void {
  const { canvas, person: { upper, lower }, bones: { size, shoulders, hips } } = figure;
  const top = shoulders.y - 0.018 * size;
  const centerFrom = (start: number, end: number) => (v: number) => {
    const y = start + (end - start) * v;
    return shoulders.x + (hips.x - shoulders.x) * Math.min(1, (y - shoulders.y) / (hips.y - shoulders.y));
  };
  const isDress = lower.kind === "dress";

  if (lower.kind === "skirt" || isDress) {
    const start = hips.y - 0.06 * size, end = hips.y + 0.2 * size;
    const half = (v: number) => trunkHalf(figure, 0.9) * (0.92 + 0.55 * v) * size;
    const fabric = cloth(lower, figure, isDress ? 0.62 : 0, 1, isDress ? 1.7 : 0.85);
    canvas.profile(start, end, centerFrom(start, end), half, fabric);
  }
  const hem = upper.kind === "coat" ? 0.17 : isDress ? -0.03 : 0.025;
  const bottom = hips.y + hem * size;
  const torsoLength = hips.y + 0.025 * size - top;
  const half = (v: number) => {
    const along = v * (bottom - top) / torsoLength;
    return trunkHalf(figure, along) * size * (upper.kind === "coat" && along > 0.6 ? 0.86 + 0.24 * along : 1);
  };
  const outer = cloth(upper, figure, 0, isDress ? 0.6 : 1, isDress ? 1.7 : (bottom - top) / torsoLength);
  canvas.profile(top, bottom, centerFrom(top, bottom), half, openFront(figure, outer));
}

/** Half the trunk's width in the picture, relative to the person's size: an ellipse seen under the yaw. */
function trunkHalf({ person: { build, upper }, pose: { yaw } }: Figure, along: number): number {
  const bulk = upper.kind === "jacket" || upper.kind === "coat" ? 0.01 : 0;
  const across = build * interpolate(along, HALF_WIDTH);
  const deep = build * interpolate(along, HALF_DEPTH);
  return bulk + Math.hypot(across * Math.cos(yaw), deep * Math.sin(yaw));
}

/** A jacket is open in front and shows its secondary color there. */
function openFront({ person: { upper }, pose: { yaw } }: Figure, outer: Shade): Shade {
  if (upper.kind !== "jacket") return outer;
  const sin = Math.sin(yaw), cos = Math.cos(yaw);
  return (s, v, out) => {
    if (Math.abs(azimuthAt(s, sin, cos)) < 0.34) paint(out, upper.secondary, 0.9 - 0.08 * v);
    else outer(s, v, out);
  };
}

/** Paints one arm with its sleeve and hand. */
export function drawArm(figure: Figure, { root, middle, end }: Limb): void {
  const { canvas, person, light, bones: { size } } = figure;
  const { upper, build } = person;
  const skin = rounded(person.skin, light.side);
  const sleeve: Garment<UpperKind> = upper.texture === "raglan"
    ? { ...upper, primary: upper.secondary }
    : upper.texture === "logo"
    ? { ...upper, texture: "plain" }
    : upper;
  const fabric = (from: number, to: number) => cloth(sleeve, figure, from, to, 1);
  const bulk = upper.kind === "jacket" || upper.kind === "coat" ? 1.22 : 1;

  canvas.ellipse(end.x, end.y + 0.012 * size, 0.018 * size, 0.022 * size, skin);
  if (upper.kind === "t-shirt") {
    const hem = { x: (root.x + middle.x) / 2, y: (root.y + middle.y) / 2, depth: 0 };
    segment(figure, root, 0.03 * build, middle, 0.024 * build, skin);
    segment(figure, middle, 0.024 * build, end, 0.018, skin);
    segment(figure, root, 0.037 * build, hem, 0.037 * build, fabric(0.05, 0.3));
  } else {
    segment(figure, middle, 0.03 * build * bulk, end, 0.025 * bulk, fabric(0.45, 0.85));
    segment(figure, root, 0.036 * build * bulk, middle, 0.03 * build * bulk, fabric(0.05, 0.45));
  }
}

type Point = readonly [at: number, value: number];
type Curve = readonly [Point, ...Point[]];

/** Half the trunk's width and depth from the shoulders (0) to the hips (1), for a person of height 1. */
const HALF_WIDTH: Curve = [[0, 0.045], [0.05, 0.085], [0.1, 0.112], [0.2, 0.115], [0.6, 0.092], [1, 0.1]];
const HALF_DEPTH: Curve = [[0, 0.04], [0.1, 0.055], [0.3, 0.075], [0.6, 0.066], [1, 0.078]];

/** Piecewise linear through the points of a curve; constant beyond its ends. */
function interpolate(x: number, [first, ...rest]: Curve): number {
  let [at, value] = first, result = value;
  for (const [nextAt, nextValue] of rest) {
    result = value + (nextValue - value) * clamp01((x - at) / (nextAt - at));
    if (x <= nextAt) break;
    [at, value] = [nextAt, nextValue];
  }
  return result;
}
