/** Geometry of pooling. */
import { type ConvShape, outputSize } from "../convolution/convolution_shape.ts";
import {
  type Dispatch,
  flatWorkgroups,
  type Prologue,
  prologueBindings,
  prologueConstants,
  reads,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import averagePoolSource from "./average_pool.wgsl" with { type: "text" };
import average from "./global_average_pool.wgsl" with { type: "text" };
import averageGradient from "./global_average_pool_gradient.wgsl" with { type: "text" };
import maximum from "./max_pool.wgsl" with { type: "text" };
import windowsSource from "./pool_windows.wgsl" with { type: "text" };

/** y = mean of x over the pixels: x [N, pixels, C], y [N, C]. Bindings: `x` (and `x_coefficients`), `y`. */
export function globalAveragePool(
  n: number,
  pixels: number,
  channels: number,
  prologue: Prologue = "none",
): Dispatch {
  const c4 = vec4Count(channels);
  return {
    kernel: "global_average_pool",
    source: average,
    bindings: [...prologueBindings("x", prologue, channels), writes("y")],
    constants: { N: n, PIXELS: pixels, C4: c4, ...prologueConstants("x", prologue, channels) },
    workgroups: flatWorkgroups(n * c4),
    cost: { flops: n * pixels * channels, bytes: tensorBytes([n, pixels + 1, channels]) },
  };
}

/** dx from dy of {@link globalAveragePool}. Bindings: `dy`, `dx`. */
export function globalAveragePoolGradient(n: number, pixels: number, channels: number): Dispatch {
  return {
    kernel: "global_average_pool_gradient",
    source: averageGradient,
    bindings: [reads("dy"), writes("dx")],
    constants: { N: n, PIXELS: pixels, C4: vec4Count(channels) },
    workgroups: flatWorkgroups(n * pixels * vec4Count(channels)),
    cost: { flops: n * pixels * channels, bytes: tensorBytes([n, pixels + 1, channels]) },
  };
}

/** Windows over C channels of images. */
export interface PoolShape extends ConvShape {
  /** Channels. */
  readonly channels: number;
}

/** y = t at the maxima of x's windows, of which every one holds a pixel. Bindings: `x`, `t` (x itself), `y` [N, OH, OW, C]. */
export function maxPool(s: PoolShape): Dispatch {
  const { oh, ow } = outputSize(s);
  return selection(s, 0, s.n * oh * ow);
}

/** Every element of t = dy goes to the maximum of its window. Bindings: `x`, `t` [N, OH, OW, C], `y` (dx). */
export function maxPoolGradient(s: PoolShape): Dispatch {
  const cells = (extent: number, pad: number) => overlap(s) ? extent : Math.ceil((extent + pad) / s.stride);
  return selection(s, 1, s.n * cells(s.h, s.pads.top) * cells(s.w, s.pads.left));
}

function overlap(s: PoolShape): boolean {
  return s.kh > s.stride;
}

function selection(s: PoolShape, transposed: 0 | 1, pixels: number): Dispatch {
  return {
    kernel: transposed ? "max_pool_gradient" : "max_pool",
    source: [windowsSource, maximum].join("\n"),
    bindings: [reads("x"), reads("t"), writes("y")],
    ...windows(s, transposed, pixels),
    tile: { TRANSPOSED: transposed, OVERLAP: overlap(s) ? 1 : 0, SIZE: s.kh, STRIDE: s.stride },
  };
}

/** y = means of x's windows; padding counts as zeros or not at all. Bindings: `x`, `y` [N, OH, OW, C]. */
export function averagePool(s: PoolShape, countPadding: boolean): Dispatch {
  const { oh, ow } = outputSize(s);
  return averages(s, 0, s.n * oh * ow, countPadding);
}

/** The gradient of {@link averagePool}. Bindings: `x` (dy), `y` (dx). */
export function averagePoolGradient(s: PoolShape, countPadding: boolean): Dispatch {
  return averages(s, 1, s.n * s.h * s.w, countPadding);
}

function averages(s: PoolShape, transposed: 0 | 1, pixels: number, countPadding: boolean): Dispatch {
  const geometry = windows(s, transposed, pixels);
  return {
    kernel: transposed ? "average_pool_gradient" : "average_pool",
    source: [windowsSource, averagePoolSource].join("\n"),
    bindings: [reads("x"), writes("y")],
    ...geometry,
    constants: { ...geometry.constants, SIZE: s.kh, STRIDE: s.stride },
    tile: { TRANSPOSED: transposed, COUNT_PADDING: countPadding ? 1 : 0 },
  };
}

/** What a thread for each pixel and four channels needs to know. */
function windows(
  s: PoolShape,
  transposed: 0 | 1,
  pixels: number,
): Pick<Dispatch, "constants" | "workgroups" | "cost"> {
  const { oh, ow } = outputSize(s);
  const c4 = vec4Count(s.channels);
  return {
    constants: {
      N: s.n,
      H: s.h,
      W: s.w,
      C4: c4,
      OH: oh,
      OW: ow,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(pixels * c4),
    cost: {
      flops: s.n * oh * ow * s.kh * s.kw * s.channels,
      bytes: tensorBytes([s.n, (1 + transposed) * s.h * s.w + oh * ow, s.channels]),
    },
  };
}
