import { smoothstep } from "./canvas.ts";
import type { Texture } from "./person.ts";

/**
 * How much of the secondary color a garment shows at a point of the body, from 0 to 1.
 *
 * @param azimuth Angle around the body: 0 in front, ±π behind, positive to the person's left.
 * @param v Down the garment from 0 to 1.
 * @param length Length of the garment relative to a torso, so that patterns keep their size.
 */
export function secondaryShare(texture: Texture, azimuth: number, v: number, length = 1): number {
  const down = v * length;
  switch (texture) {
    case "plain":
    case "raglan": // Only its sleeves have the secondary color.
      return 0;
    case "stripes":
      return wave(down * 4.5);
    case "pinstripes":
      return wave(azimuth * 4.5 / Math.PI);
    case "checks":
      return (wave(down * 4) + wave(azimuth * 4 / Math.PI)) / 2;
    case "dots": {
      const row = Math.floor(down * 5);
      const x = fraction(azimuth * 4.5 / Math.PI + 0.5 * (row & 1)) - 0.5;
      const y = fraction(down * 5) - 0.5;
      return 1 - smoothstep(0.25, 0.4, Math.hypot(x, y));
    }
    case "block":
      return smoothstep(0.48, 0.52, v);
    case "logo": {
      const side = Math.min(Math.abs(azimuth), Math.PI - Math.abs(azimuth)); // In front and on the back.
      return (1 - smoothstep(0.5, 0.6, side)) * smoothstep(0.2, 0.24, v) * (1 - smoothstep(0.52, 0.56, v));
    }
  }
}

/** A square wave of period 1 with softened edges. */
function wave(x: number): number {
  const at = Math.abs(fraction(x) - 0.5) * 2;
  return smoothstep(0.4, 0.6, at);
}

function fraction(x: number): number {
  return x - Math.floor(x);
}
