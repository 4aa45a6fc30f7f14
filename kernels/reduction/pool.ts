/** Geometry of pooling. */
import {
  type Dispatch,
  flatWorkgroups,
  mapConstants,
  mapped,
  type Prologue,
  reads,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import average from "./global_average_pool.wgsl" with { type: "text" };
import averageGradient from "./global_average_pool_gradient.wgsl" with { type: "text" };

/** y = mean of x over the pixels: x [N, pixels, C], y [N, C]. Bindings: `x` (and `x_coefficients`), `y`. */
export function globalAveragePool(
  n: number,
  pixels: number,
  channels: number,
  map: Prologue = "none",
): Dispatch {
  const c4 = vec4Count(channels);
  return {
    kernel: "global_average_pool",
    source: average,
    bindings: [...mapped("x", map, channels), writes("y")],
    constants: { N: n, PIXELS: pixels, C4: c4, ...mapConstants("x", map, channels) },
    tile: {},
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
    tile: {},
    workgroups: flatWorkgroups(n * pixels * vec4Count(channels)),
    cost: { flops: n * pixels * channels, bytes: tensorBytes([n, pixels + 1, channels]) },
  };
}
