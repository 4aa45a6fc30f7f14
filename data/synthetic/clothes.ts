import { type Canvas, paint, type Rgb, rounded, roundness, type Shade } from "./canvas.ts";
import type { Garment, Person, UpperKind } from "./person.ts";
import type { Joint, Limb, Pose, Skeleton } from "./skeleton.ts";
import { secondaryShare } from "./texture.ts";

/** How the light and the cloth's folds fall in one picture. */
export interface Light {
  /** -1 from the left to 1 from the right. */
  side: number;
  /** Phase of the folds, in radians. */
  folds: number;
}

/** Cloth on a body part that is round in the horizontal: the pattern turns with the body. */
function cloth<K>(
  garment: Garment<K>,
  yaw: number,
  light: Light,
  from: number,
  to: number,
  length: number,
): Shade {
  const sin = Math.sin(yaw), cos = Math.cos(yaw);
  const { texture, primary, secondary } = garment;
  const turns = !["plain", "raglan", "stripes", "block"].includes(texture); // Only then the azimuth is looked at.
  return (s, v, out) => {
    const toward = Math.sqrt(1 - s * s);
    const azimuth = turns ? Math.atan2(s * cos - toward * sin, s * sin + toward * cos) : 0;
    const share = secondaryShare(texture, azimuth, from + (to - from) * v, length);
    const folds = 1 + 0.05 * Math.sin(11 * v + 4 * s + light.folds) +
      0.04 * Math.sin(5 * v - 7 * s + 2 * light.folds);
    const brightness = roundness(s, light.side) * folds;
    for (let channel = 0; channel < 3; channel++) {
      out[channel] = (primary[channel]! + (secondary[channel]! - primary[channel]!) * share) * brightness;
    }
  };
}

/** One leg with its shoe. */
export function drawLeg(
  canvas: Canvas,
  person: Person,
  pose: Pose,
  leg: Limb,
  toe: Joint,
  size: number,
  light: Light,
) {
  const { lower, build } = person;
  const { root, middle, end } = leg;
  const segment = (a: Joint, ra: number, b: Joint, rb: number, shade: Shade) =>
    canvas.capsule(a.x, a.y, ra * size, b.x, b.y, rb * size, shade);
  const fabric = (from: number, to: number) => cloth(lower, pose.yaw, light, from, to, 1.4);

  const shoe = rounded(person.shoes, light.side);
  const skin = rounded(person.skin, light.side);
  if (lower.kind === "trousers" || lower.kind === "leggings") {
    const wide = lower.kind === "trousers" ? 1 : 0.72;
    segment(root, 0.056 * build, middle, 0.047 * build * wide, fabric(0, 0.5));
    segment(middle, 0.047 * build * wide, end, 0.038 * wide, fabric(0.5, 1));
  } else {
    segment(root, 0.045 * build, middle, 0.033 * build, skin);
    segment(middle, 0.034 * build, end, 0.021, skin);
    if (lower.kind === "shorts") {
      const hem = {
        x: root.x + 0.85 * (middle.x - root.x),
        y: root.y + 0.85 * (middle.y - root.y),
        depth: 0,
      };
      segment(root, 0.058 * build, hem, 0.054 * build, fabric(0, 0.5));
    }
  }
  segment({ ...end, y: end.y + 0.008 * size }, 0.024, toe, 0.017, shoe);
}

/** The trunk with what is worn on it, down to the hem of a skirt or coat. */
export function drawTrunk(canvas: Canvas, person: Person, pose: Pose, bones: Skeleton, light: Light): void {
  const { upper, lower } = person;
  const { size, shoulders, hips } = bones;
  const top = shoulders.y - 0.018 * size;
  const centerFrom = (start: number, end: number) => (v: number) => {
    const y = start + (end - start) * v;
    return shoulders.x + (hips.x - shoulders.x) * Math.min(1, (y - shoulders.y) / (hips.y - shoulders.y));
  };

  if (lower.kind === "skirt" || lower.kind === "dress") {
    const start = hips.y - 0.06 * size, end = hips.y + 0.2 * size;
    const half = (v: number) => trunkHalf(person, pose, 0.9) * (0.92 + 0.55 * v) * size;
    const isDress = lower.kind === "dress";
    const fabric = cloth(lower, pose.yaw, light, isDress ? 0.62 : 0, 1, isDress ? 1.7 : 0.85);
    canvas.profile(start, end, centerFrom(start, end), half, fabric);
  }
  const hem = upper.kind === "coat" ? 0.17 : lower.kind === "dress" ? -0.03 : 0.025;
  const bottom = hips.y + hem * size;
  const torsoLength = hips.y + 0.025 * size - top;
  const half = (v: number) => {
    const along = v * (bottom - top) / torsoLength;
    return trunkHalf(person, pose, along) * size *
      (upper.kind === "coat" && along > 0.6 ? 0.86 + 0.24 * along : 1);
  };
  const length = (bottom - top) / torsoLength;
  const outer = cloth(
    upper,
    pose.yaw,
    light,
    0,
    lower.kind === "dress" ? 0.6 : 1,
    lower.kind === "dress" ? 1.7 : length,
  );
  canvas.profile(top, bottom, centerFrom(top, bottom), half, openFront(upper, pose, outer));
}

/** Half the trunk's width in the picture, relative to the person's size: an ellipse seen under the yaw. */
function trunkHalf(person: Person, pose: Pose, along: number): number {
  const bulk = person.upper.kind === "jacket" || person.upper.kind === "coat" ? 0.01 : 0;
  const across = person.build *
    interpolate(along, [0, 0.05, 0.1, 0.2, 0.6, 1], [0.045, 0.085, 0.112, 0.115, 0.092, 0.1]);
  const deep = person.build * interpolate(along, [0, 0.1, 0.3, 0.6, 1], [0.04, 0.055, 0.075, 0.066, 0.078]);
  return bulk + Math.hypot(across * Math.cos(pose.yaw), deep * Math.sin(pose.yaw));
}

/** A jacket is open in front and shows its secondary color there. */
function openFront(upper: Garment<UpperKind>, pose: Pose, outer: Shade): Shade {
  if (upper.kind !== "jacket") return outer;
  const sin = Math.sin(pose.yaw), cos = Math.cos(pose.yaw);
  return (s, v, out) => {
    const toward = Math.sqrt(1 - s * s);
    const azimuth = Math.atan2(s * cos - toward * sin, s * sin + toward * cos);
    if (Math.abs(azimuth) < 0.34) paint(out, upper.secondary, 0.9 - 0.08 * v);
    else outer(s, v, out);
  };
}

/** One arm with its sleeve and hand. */
export function drawArm(
  canvas: Canvas,
  person: Person,
  pose: Pose,
  arm: Limb,
  size: number,
  light: Light,
): void {
  const { upper, build } = person;
  const { root, middle, end } = arm;
  const skin = rounded(person.skin, light.side);
  const sleeve: Garment<UpperKind> = upper.texture === "raglan"
    ? { ...upper, primary: upper.secondary }
    : upper.texture === "logo"
    ? { ...upper, texture: "plain" }
    : upper;
  const fabric = (from: number, to: number) => cloth(sleeve, pose.yaw, light, from, to, 1);
  const segment = (a: Joint, ra: number, b: Joint, rb: number, shade: Shade) =>
    canvas.capsule(a.x, a.y, ra * size, b.x, b.y, rb * size, shade);
  const bulk = upper.kind === "jacket" || upper.kind === "coat" ? 1.22 : 1;

  canvas.ellipse(end.x, end.y + 0.012 * size, 0.018 * size, 0.022 * size, skin);
  if (upper.kind === "t-shirt") {
    const hem = { x: (root.x + middle.x) / 2, y: (root.y + middle.y) / 2, depth: 0 };
    segment(root, 0.03 * build, middle, 0.024 * build, skin);
    segment(middle, 0.024 * build, end, 0.018, skin);
    segment(root, 0.037 * build, hem, 0.037 * build, fabric(0.05, 0.3));
  } else {
    segment(middle, 0.03 * build * bulk, end, 0.025 * bulk, fabric(0.45, 0.85));
    segment(root, 0.036 * build * bulk, middle, 0.03 * build * bulk, fabric(0.05, 0.45));
  }
}

/** The shade of something that a person carries. */
export function material(color: Rgb, light: Light): Shade {
  return (s, v, out) => paint(out, color, roundness(s, light.side) * (1.06 - 0.16 * v));
}

/** Piecewise linear through the points (at[i], value[i]). */
function interpolate(x: number, at: readonly number[], value: readonly number[]): number {
  let i = 1;
  while (i < at.length - 1 && x > at[i]!) i++;
  const t = Math.max(0, Math.min(1, (x - at[i - 1]!) / (at[i]! - at[i - 1]!)));
  return value[i - 1]! + (value[i]! - value[i - 1]!) * t;
}
