/** A color, red, green and blue from 0 to 1. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Colors a point of a shape into `out`. `s` goes from -1 at the shape's left edge to 1 at its right, `v` from 0 at
 * its beginning (the top, or a capsule's first end) to 1.
 */
export type Shade = (s: number, v: number, out: Float32Array) => void;

/** A picture of float RGB on which shapes are painted with anti-aliased edges. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], 0 to 1. */
  readonly data: Float32Array;
  readonly #color = new Float32Array(3);

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Float32Array(width * height * 3);
  }

  /** A limb: every point within a radius, which goes from `ra` to `rb`, of the line from a to b. */
  capsule(ax: number, ay: number, ra: number, bx: number, by: number, rb: number, shade: Shade): void {
    const dx = bx - ax, dy = by - ay;
    const length = Math.hypot(dx, dy) || 1e-6;
    const reach = Math.max(ra, rb) + 1;
    const [x0, x1] = span(Math.min(ax, bx) - reach, Math.max(ax, bx) + reach, this.width);
    const [y0, y1] = span(Math.min(ay, by) - reach, Math.max(ay, by) + reach, this.height);
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const px = x + 0.5 - ax, py = y + 0.5 - ay;
        const t = clamp01((px * dx + py * dy) / (length * length));
        const radius = ra + (rb - ra) * t;
        const cover = coverWithin(radius, px - t * dx, py - t * dy);
        if (cover === 0) continue;
        const across = (py * dx - px * dy) / (length * radius) * (dy >= 0 ? -1 : 1);
        shade(Math.max(-1, Math.min(1, across)), t, this.#color);
        this.#blend(x, y, cover);
      }
    }
  }

  /** An upright shape given by its half-width (and center) as a function of v, from `top` to `bottom`. */
  profile(
    top: number,
    bottom: number,
    center: (v: number) => number,
    half: (v: number) => number,
    shade: Shade,
  ): void {
    const [y0, y1] = span(top, bottom, this.height);
    for (let y = y0; y < y1; y++) {
      const v = clamp01((y + 0.5 - top) / (bottom - top));
      const rowCover = clamp01(Math.min(y + 1 - top, bottom - y));
      const middle = center(v), reach = Math.max(0.01, half(v));
      const [x0, x1] = span(middle - reach - 1, middle + reach + 1, this.width);
      for (let x = x0; x < x1; x++) {
        const offset = x + 0.5 - middle;
        const cover = rowCover * clamp01(reach - Math.abs(offset) + 0.5);
        if (cover === 0) continue;
        shade(Math.max(-1, Math.min(1, offset / reach)), v, this.#color);
        this.#blend(x, y, cover);
      }
    }
  }

  /** An ellipse with horizontal and vertical axes. */
  ellipse(cx: number, cy: number, rx: number, ry: number, shade: Shade): void {
    const [x0, x1] = span(cx - rx - 1, cx + rx + 1, this.width);
    const [y0, y1] = span(cy - ry - 1, cy + ry + 1, this.height);
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const ex = (x + 0.5 - cx) / rx, ey = (y + 0.5 - cy) / ry;
        const cover = clamp01(0.5 - (Math.hypot(ex, ey) - 1) * Math.min(rx, ry));
        if (cover === 0) continue;
        shade(Math.max(-1, Math.min(1, ex)), clamp01((ey + 1) / 2), this.#color);
        this.#blend(x, y, cover);
      }
    }
  }

  /** Multiplies an ellipse by `factor` at its middle, fading to nothing at its edge: a shadow on the ground. */
  shadow(cx: number, cy: number, rx: number, ry: number, factor: number): void {
    const [x0, x1] = span(cx - rx, cx + rx, this.width);
    const [y0, y1] = span(cy - ry, cy + ry, this.height);
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const depth = 1 - Math.hypot((x + 0.5 - cx) / rx, (y + 0.5 - cy) / ry);
        if (depth <= 0) continue;
        const keep = 1 - (1 - factor) * Math.min(1, 2 * depth);
        const at = (y * this.width + x) * 3;
        for (let channel = 0; channel < 3; channel++) this.data[at + channel]! *= keep;
      }
    }
  }

  #blend(x: number, y: number, cover: number): void {
    const at = (y * this.width + x) * 3;
    const { data } = this;
    for (let channel = 0; channel < 3; channel++) {
      data[at + channel]! += (this.#color[channel]! - data[at + channel]!) * cover;
    }
  }
}

/** The whole pixels from `low` to `high` that lie on a canvas of the given size. */
function span(low: number, high: number, size: number): [number, number] {
  return [Math.max(0, Math.floor(low)), Math.min(size, Math.ceil(high))];
}

/**
 * The share of a pixel that lies within `radius` of a point, (x, y) away. Most pixels are all in or all out, which
 * their squared distance tells; the slow hypot is left for those on the edge.
 */
function coverWithin(radius: number, x: number, y: number): number {
  const squared = x * x + y * y;
  if (squared > (radius + 0.5001) * (radius + 0.5001)) return 0;
  if (radius > 0.5001 && squared < (radius - 0.5001) * (radius - 0.5001)) return 1;
  return clamp01(0.5 + radius - Math.hypot(x, y));
}

/** The nearest value in [0, 1]. */
export function clamp01(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

/** Rises from 0 at `low` to 1 at `high` without a kink. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = clamp01((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/**
 * A shade of one color, darker toward both edges as on a cylinder.
 *
 * @param bright Brightness at the shape's beginning, by default 1; it falls by `fade` to the shape's end.
 */
export function rounded(color: Rgb, lightSide = 0, bright = 1, fade = 0): Shade {
  return (s, v, out) => paint(out, color, roundness(s, lightSide) * (bright - fade * v));
}

/** The brightness of a cylinder at `s`; a positive `lightSide` brightens the right. */
export function roundness(s: number, lightSide: number): number {
  return 0.76 + 0.24 * Math.sqrt(1 - s * s) + 0.12 * lightSide * s;
}

/** Writes a color times a brightness. */
export function paint(out: Float32Array, color: Rgb, brightness: number): void {
  out[0] = color[0] * brightness;
  out[1] = color[1] * brightness;
  out[2] = color[2] * brightness;
}
