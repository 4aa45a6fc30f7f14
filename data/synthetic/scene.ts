import type { Random } from "../../engine/random.ts";
import { Canvas, clamp01, type Rgb, rounded } from "./canvas.ts";

/** Draws a camera's background, wider and higher than a picture: a wall or sky, the ground, and things on it. */
export function drawScene(width: number, height: number, random: Random): Canvas {
  const canvas = new Canvas(width, height);
  const horizon = height * random.uniform(0.42, 0.68);
  const wallNoise = valueNoise(random, 24), groundNoise = valueNoise(random, 10);
  const change = valueNoise(random, 150);
  const brick = random.uniform(10, 26), joint = random.next() < 0.6 ? random.uniform(0.08, 0.22) : 0;
  const tile = random.uniform(14, 40), tiled = random.next() < 0.5;
  // The same grays for every camera, in parts lighter and darker, so that the background does not identify it.
  const wall: Rgb = [0.5, 0.49, 0.47], ground: Rgb = [0.45, 0.44, 0.43];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isGround = y > horizon;
      const color = isGround ? ground : wall;
      let brightness = 0.75 + 0.5 * change(x, isGround ? 1000 : 0);
      if (isGround) {
        const depth = (y - horizon) / (height - horizon);
        const row = Math.sqrt(depth) * 6, column = (x - width / 2) / (tile * (0.5 + depth));
        const line = tiled && (fraction(row) < 0.07 || fraction(column) < 0.06) ? 0.82 : 1;
        brightness *= (0.85 + 0.25 * depth + 0.3 * (groundNoise(x, 2 * y) - 0.5)) * line;
      } else {
        const shifted = x + (Math.floor(y / brick) & 1) * brick;
        const inJoint = fraction(y / brick) < 0.1 || fraction(shifted / (2 * brick)) < 0.06;
        brightness *= 1.05 - 0.2 * y / horizon + 0.35 * (wallNoise(x, y) - 0.5) - (inJoint ? joint : 0);
      }
      canvas.data.set(color.map((channel) => clamp01(channel * brightness)), 3 * (y * width + x));
    }
  }

  const things = Math.round(width / 60);
  for (let i = 0; i < things; i++) {
    const x = random.uniform(0, width), color = muted(random, 0.15, 0.75, 0.25);
    const shade = rounded(color, random.uniform(-0.5, 0.5));
    const foot = horizon + random.uniform(0.02, 0.2) * (height - horizon);
    switch (random.integer(5)) {
      case 0: // A post or trunk.
        canvas.profile(0, foot, () => x, () => random.uniform(0.98, 1.02) * 7, shade);
        break;
      case 1: { // A door or a parked van.
        const half = random.uniform(14, 45), top = foot - random.uniform(60, 130);
        canvas.profile(top, foot, () => x, () => half, shade);
        break;
      }
      case 2: // A bush.
        for (let ball = 0; ball < 5; ball++) {
          const leaf: Rgb = [0.12 + 0.1 * random.next(), 0.28 + 0.12 * random.next(), 0.12];
          canvas.ellipse(x + random.uniform(-28, 28), foot - random.uniform(4, 34), 18, 15, rounded(leaf));
        }
        break;
      case 3: { // A window.
        const top = random.uniform(0.05, 0.4) * horizon;
        canvas.profile(top, top + random.uniform(25, 60), () => x, () => 18, shade);
        break;
      }
      case 4: // A bicycle's wheels, from far away.
        for (const side of [-13, 13]) {
          canvas.ellipse(x + side, foot - 10, 11, 11, rounded([0.1, 0.1, 0.1]));
          canvas.ellipse(x + side, foot - 10, 8.5, 8.5, rounded(wall));
        }
        break;
    }
  }
  return canvas;
}

/** Copies a window of the scene onto a picture of the same scale. */
export function showScene(scene: Canvas, target: Canvas, left: number, top: number): void {
  for (let y = 0; y < target.height; y++) {
    const from = 3 * ((top + y) * scene.width + left);
    target.data.set(scene.data.subarray(from, from + 3 * target.width), 3 * y * target.width);
  }
}

/** Something between camera and person: a post, a bin, a hedge or a barrier. */
export function drawOccluder(canvas: Canvas, random: Random): void {
  const { width, height } = canvas;
  const color = muted(random, 0.15, 0.6, 0.25);
  const shade = rounded(color, random.uniform(-0.6, 0.6));
  switch (random.integer(4)) {
    case 0: {
      const x = width * random.uniform(0.1, 0.9), half = width * random.uniform(0.03, 0.075);
      canvas.profile(0, height, () => x, () => half, shade);
      break;
    }
    case 1: {
      const x = width * random.uniform(0, 1), half = width * random.uniform(0.15, 0.28);
      canvas.profile(height * random.uniform(0.66, 0.8), height * 1.1, () => x, () => half, shade);
      break;
    }
    case 2: {
      const top = height * random.uniform(0.72, 0.86);
      for (let ball = 0; ball < 12; ball++) {
        const leaf: Rgb = [0.1 + 0.1 * random.next(), 0.25 + 0.15 * random.next(), 0.12];
        canvas.ellipse(width * ball / 11, top + random.uniform(8, 24), 20, 20, rounded(leaf));
      }
      canvas.profile(top + 26, height, () => width / 2, () => width, rounded([0.14, 0.3, 0.13]));
      break;
    }
    case 3: {
      const y = height * random.uniform(0.55, 0.8), thick = height * random.uniform(0.012, 0.03);
      for (const top of [y, y + 5 * thick]) {
        canvas.profile(top, top + thick, () => width / 2, () => width, shade);
      }
      break;
    }
  }
}

/** A color such as walls and roads have. */
function muted(random: Random, dark: number, bright: number, colorful = 0.16): Rgb {
  const value = random.uniform(dark, bright);
  const tint = () => value * (1 + colorful * (2 * random.next() - 1));
  return [tint(), tint(), tint()];
}

/** Smooth random values in [0, 1] over the plane, of features about `size` pixels wide. */
function valueNoise(random: Random, size: number): (x: number, y: number) => number {
  const cells = 64;
  const lattice = Float32Array.from({ length: cells * cells }, () => random.next());
  const at = (column: number, row: number) => lattice[(row & (cells - 1)) * cells + (column & (cells - 1))]!;
  return (x, y) => {
    const u = x / size, v = y / size;
    const column = Math.floor(u), row = Math.floor(v);
    const s = u - column, t = v - row;
    const top = at(column, row) * (1 - s) + at(column + 1, row) * s;
    const bottom = at(column, row + 1) * (1 - s) + at(column + 1, row + 1) * s;
    return top * (1 - t) + bottom * t;
  };
}

function fraction(x: number): number {
  return x - Math.floor(x);
}
