import { type Canvas, paint, type Rgb, rounded, roundness, type Shade, smoothstep } from "./canvas.ts";
import { drawArm, drawLeg, drawTrunk, type Figure, type Light } from "./clothes.ts";
import type { Person } from "./person.ts";
import { type Limb, type Placement, type Pose, projectSkeleton } from "./skeleton.ts";

/** Paints a whole person, far parts first. */
export function drawFigure(
  canvas: Canvas,
  person: Person,
  pose: Pose,
  placement: Placement,
  light: Light,
): void {
  const bones = projectSkeleton(person, pose, placement);
  const { size } = bones;
  const figure: Figure = { canvas, person, pose, bones, light };
  const legs = bones.legs.toSorted((a, b) => a.middle.depth - b.middle.depth);
  const arms = bones.arms.toSorted((a, b) => a.root.depth - b.root.depth);
  const behindTrunk = (arm: Limb) => arm.root.depth < -0.03;
  const packFaces = -Math.cos(pose.yaw); // 1 where the back is seen.

  canvas.shadow(placement.footX, placement.footY, 0.2 * size, 0.035 * size, 0.55);
  if (packFaces < -0.25) drawBackpack(figure);
  for (const arm of arms.filter(behindTrunk)) drawArmWithBag(figure, arm);
  if (Math.cos(pose.yaw) > 0) drawLongHair(figure);
  for (const leg of legs) drawLeg(figure, leg);
  drawTrunk(figure);
  if (packFaces >= -0.25) drawBackpack(figure);
  else drawStraps(figure);
  for (const arm of arms.filter((arm) => !behindTrunk(arm))) drawArmWithBag(figure, arm);
  drawHead(figure);
  if (Math.cos(pose.yaw) <= 0) drawLongHair(figure);
}

/** Head, hair and face on a sphere that turns with the body, then scarf and hat. */
function drawHead({ canvas, person, pose, bones: { head, neck, size }, light }: Figure): void {
  const sin = Math.sin(pose.yaw), cos = Math.cos(pose.yaw);
  const { color, length } = person.hair;
  const rx = 0.05 * size, ry = 0.066 * size;
  const skin = rounded(person.skin, light.side);
  canvas.capsule(head.x, head.y, 0.03 * size, neck.x, neck.y + 0.012 * size, 0.034 * size, skin);
  if (person.scarf !== undefined) {
    const shade = rounded(person.scarf, light.side);
    canvas.ellipse(neck.x, neck.y - 0.004 * size, 0.066 * size, 0.034 * size, shade);
  }
  const shade: Shade = (s, v, out) => {
    const up = 1 - 2 * v;
    const toward = Math.sqrt(Math.max(0, 1 - s * s - up * up));
    const forward = s * sin + toward * cos;
    const hairline = length === "bald" ? 2 : 0.45;
    const nape = length === "short" || length === "bald" ? -0.35 : -0.9;
    const isHair = length !== "bald" && (up > hairline || (forward < 0.2 && up > nape));
    const isEye = !isHair && forward > 0.7 && up > -0.02 && up < 0.16;
    paint(out, isHair ? color : person.skin, roundness(s, light.side) * (isEye ? 0.6 : isHair ? 1.1 : 1));
  };
  canvas.ellipse(head.x, head.y, rx, ry, shade);
  if (length === "medium" || length === "long") {
    // Some volume beyond the skull.
    const volume = rounded(color, light.side, 1.15, 0.3);
    canvas.ellipse(head.x - 0.01 * size * sin, head.y - 0.048 * size, rx * 1.02, 0.026 * size, volume);
  }

  if (person.hat === undefined) return;
  const hat = rounded(person.hat.color, light.side);
  const crown = head.y - 0.034 * size;
  const half = (v: number) => 0.056 * size * Math.sqrt(smoothstep(-0.25, 0.7, v));
  canvas.profile(crown - 0.05 * size, crown + 0.018 * size, () => head.x, half, hat);
  if (person.hat.kind === "cap") {
    const peak = 0.085 * size * sin;
    const down = 0.012 * size + 0.008 * size * cos;
    canvas.capsule(head.x, crown + 0.01 * size, 0.012 * size, head.x + peak, crown + down, 0.01 * size, hat);
    if (cos > 0.3) canvas.ellipse(head.x, crown + 0.016 * size, 0.05 * size, 0.014 * size, hat);
  }
}

/** Hair that falls on the shoulders. */
function drawLongHair({ canvas, person, pose, bones: { head, size }, light }: Figure): void {
  const { color, length } = person.hair;
  if (length !== "long") return;
  const away = -0.035 * size * Math.sin(pose.yaw);
  const width = 0.034 + 0.026 * Math.abs(Math.cos(pose.yaw));
  canvas.profile(
    head.y - 0.02 * size,
    head.y + 0.175 * size,
    (v) => head.x + away * (0.7 + 0.3 * v),
    (v) => width * size * (1 - 0.25 * v * v),
    rounded(color, light.side, 1.1, 0.2),
  );
}

function drawBackpack({ canvas, person, pose, bones: { shoulders, hips, size }, light }: Figure): void {
  const { backpack } = person;
  if (backpack === undefined) return;
  const sin = Math.sin(pose.yaw), cos = Math.cos(pose.yaw);
  const top = shoulders.y + 0.005 * size, bottom = shoulders.y + 0.78 * (hips.y - shoulders.y);
  const x = shoulders.x - 0.105 * size * sin;
  const half = size * Math.hypot(0.082 * cos, 0.055 * sin);
  canvas.profile(
    top,
    bottom,
    () => x,
    (v) => half * Math.sqrt(smoothstep(-0.2, 0.25, v) * smoothstep(1.15, 0.85, v)),
    (s, v, out) => {
      const seam = Math.abs(v - 0.55) < 0.025 ? 0.6 : 1;
      paint(out, backpack, roundness(s, light.side) * seam * (1.05 - 0.15 * v));
    },
  );
}

/** The straps of a backpack, as seen from the front. */
function drawStraps({ canvas, person, pose, bones: { shoulders, hips, size }, light }: Figure): void {
  if (person.backpack === undefined) return;
  const shade = material(person.backpack, light);
  const facing = Math.cos(pose.yaw);
  for (const side of [-1, 1]) {
    const x = shoulders.x + side * 0.06 * size * person.build * facing + 0.03 * size * Math.sin(pose.yaw);
    const low = shoulders.y + 0.5 * (hips.y - shoulders.y);
    canvas.capsule(x, shoulders.y, 0.013 * size, x + side * 0.018 * size * facing, low, 0.013 * size, shade);
  }
}

/** An arm, with the handbag if it hangs on this arm. */
function drawArmWithBag(figure: Figure, arm: Limb): void {
  drawArm(figure, arm);
  const { canvas, person: { handbag }, bones: { size }, light } = figure;
  if (handbag === undefined || handbag.side !== arm.side) return;
  const shade = material(handbag.color, light);
  const { x, y } = arm.end;
  canvas.capsule(x, y, 0.008 * size, x, y + 0.05 * size, 0.008 * size, shade);
  canvas.profile(y + 0.045 * size, y + 0.15 * size, () => x, (v) => (0.05 + 0.012 * v) * size, shade);
}

/** The shade of something that a person carries. */
function material(color: Rgb, light: Light): Shade {
  return rounded(color, light.side, 1.06, 0.16);
}
