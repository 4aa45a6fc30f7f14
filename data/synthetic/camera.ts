import type { Random } from "../../engine/random.ts";
import { itemAt } from "../../engine/item_at.ts";
import { clamp01, type Rgb } from "./canvas.ts";
import type { SyntheticOptions } from "./options.ts";

/** The properties of a camera, which affect all its pictures. */
export interface Camera {
  /** Exposure and color cast: each channel is multiplied. */
  gain: Rgb;
  gamma: number;
  contrast: number;
  saturation: number;
  /** Standard deviation of the blur, in pixels of the picture. */
  blur: number;
  /** Standard deviation of the noise, 0 to 1 being black to white. */
  noise: number;
  /** Darkening at the top and bottom edges. */
  vignette: number;
  /** JPEG quality. */
  quality: number;
  /** How far the camera looks down, in radians. */
  pitch: number;
  /** Share of the picture's height that an average person takes. */
  scale: number;
  /** The direction in which people walk here, as a yaw; they walk it both ways. */
  path: number;
  /** Where the light comes from, -1 left to 1 right. */
  lightSide: number;
  /** Standard deviation of the log of the exposure from picture to picture. */
  flicker: number;
}

/**
 * Draws the cameras of a dataset. Exposure, cast, gamma and the rest are spread evenly over their ranges and assigned
 * at random, so that any two cameras differ in most of them.
 */
export function drawCameras(
  { cameras: count, cameraVariation, lightVariation }: SyntheticOptions,
  random: Random,
): Camera[] {
  const spread = (low: number, high: number) => {
    const levels = Array.from({ length: count }, (_, i) => low + (high - low) * (i + random.next()) / count);
    random.shuffle(levels);
    return (camera: number) => itemAt(levels, camera);
  };
  const spreadAround = (middle: number, low: number, high: number) =>
    spread(middle + cameraVariation * (low - middle), middle + cameraVariation * (high - middle));
  const exposure = spreadAround(0, -0.17, 0.17);
  const castAngle = spread(0, 2 * Math.PI);
  const castStrength = spreadAround(0, 0.02, 0.075);
  const gamma = spreadAround(1, 0.9, 1.1);
  const contrast = spreadAround(1, 0.9, 1.1);
  const saturation = spreadAround(1, 0.84, 1.1);
  const blur = spreadAround(0.2, 0.2, 0.85);
  const noise = spread(0.005, 0.022);
  const vignette = spread(0, 0.2);
  const quality = spread(60, 92);
  const pitch = spread(0.02, 0.42);
  const scale = spread(0.86, 0.94);
  const path = spread(0, Math.PI);
  const lightSide = spread(-1, 1);
  return Array.from({ length: count }, (_, i) => {
    const cast = (angle: number) => Math.exp(exposure(i) + castStrength(i) * Math.cos(castAngle(i) - angle));
    return {
      gain: [cast(0), cast(2 * Math.PI / 3), cast(4 * Math.PI / 3)],
      gamma: gamma(i),
      contrast: contrast(i),
      saturation: saturation(i),
      blur: blur(i),
      noise: noise(i),
      vignette: vignette(i),
      quality: Math.round(quality(i)),
      pitch: pitch(i),
      scale: scale(i),
      path: path(i),
      lightSide: lightSide(i),
      flicker: 0.06 * lightVariation,
    };
  });
}

/**
 * Applies exposure, cast, saturation, gamma, contrast, vignette and noise to pixels [height, width, 3] and writes
 * RGBA bytes.
 */
export function develop(
  pixels: Float32Array,
  width: number,
  height: number,
  camera: Camera,
  random: Random,
): Uint8ClampedArray {
  const light = Math.exp(camera.flicker * random.normal());
  const flickering = (channel: number) => channel * light * Math.exp(0.2 * camera.flicker * random.normal());
  const gain: Rgb = [flickering(camera.gain[0]), flickering(camera.gain[1]), flickering(camera.gain[2])];
  const out = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const fromMiddle = Math.abs(2 * (y + 0.5) / height - 1);
    const shade = 1 - camera.vignette * fromMiddle * fromMiddle;
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const red = pixels[3 * pixel]! * gain[0] * shade;
      const green = pixels[3 * pixel + 1]! * gain[1] * shade;
      const blue = pixels[3 * pixel + 2]! * gain[2] * shade;
      const gray = 0.3 * red + 0.59 * green + 0.11 * blue;
      const noise = camera.noise * triangular(random);
      out[4 * pixel] = tone(gray + (red - gray) * camera.saturation, camera, noise);
      out[4 * pixel + 1] = tone(gray + (green - gray) * camera.saturation, camera, noise);
      out[4 * pixel + 2] = tone(gray + (blue - gray) * camera.saturation, camera, noise);
      out[4 * pixel + 3] = 255;
    }
  }
  return out;
}

function tone(value: number, camera: Camera, noise: number): number {
  const bent = Math.pow(clamp01(value), camera.gamma);
  return 255 * (0.45 + (bent - 0.45) * camera.contrast + noise);
}

/** Zero mean, unit variance, nearly normal: the sum of two uniforms. */
function triangular(random: Random): number {
  return (random.next() + random.next() - 1) * 2.449;
}

/** Blurs pixels [height, width, 3] by a Gaussian, in place, edges repeated. */
export function gaussianBlur(pixels: Float32Array, width: number, height: number, sigma: number): void {
  const radius = Math.ceil(2.5 * sigma);
  if (radius < 1) return;
  const kernel = Array.from(
    { length: 2 * radius + 1 },
    (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((a, b) => a + b);
  const weights = kernel.map((weight) => weight / sum);
  const line = new Float32Array(Math.max(width, height));
  const along = (start: number, step: number, length: number) => {
    for (let i = 0; i < length; i++) {
      let blurred = 0, from = i - radius;
      for (const weight of weights) {
        blurred += weight * pixels[start + step * Math.max(0, Math.min(length - 1, from++))]!;
      }
      line[i] = blurred;
    }
    for (let i = 0; i < length; i++) pixels[start + step * i] = line[i]!;
  };
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) along(3 * y * width + channel, 3, width);
    for (let x = 0; x < width; x++) along(3 * x + channel, 3 * width, height);
  }
}
