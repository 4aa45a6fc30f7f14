/** Converts our layouts (channels last) to channels first, and folds batch norm into weights. */
import { EPSILON, type Layer } from "./network.ts";

/** A weight [to, from / groups, kh, kw], which other libraries call OIHW. */
export interface OihwWeight {
  readonly shape: [number, number, number, number];
  readonly values: Float32Array<ArrayBuffer>;
}

/** A layer's weight (pointwise [from, to], depthwise [3, 3, C], full [k, k, from, to]) as OIHW. */
export function toOihw({ kind, from, to }: Layer, weight: Float32Array): OihwWeight {
  const inputs = kind === "depthwise" ? 1 : from;
  const taps = weight.length / (inputs * to);
  const size = Math.sqrt(taps);
  const values = new Float32Array(weight.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < to; o++) {
        values[(o * inputs + i) * taps + tap] = weight[(tap * inputs + i) * to + o];
      }
    }
  }
  return { shape: [to, inputs, size, size], values };
}

/** Images [N, H, W, C] as [N, C, H, W]. */
export function toNchw(images: Float32Array, pixels: number, channels: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(images.length);
  const batch = images.length / (pixels * channels);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const [from, to] = [n * pixels * channels + c, (n * channels + c) * pixels];
      for (let i = 0; i < pixels; i++) {
        values[to + i] = images[from + i * channels];
      }
    }
  }
  return values;
}

/** A convolution with folded batch norm. */
export interface Folded {
  /** In our layout. */
  readonly weight: Float32Array<ArrayBuffer>;
  /** [to]. */
  readonly bias: Float32Array<ArrayBuffer>;
}

/** Folds inference's batch norm into a layer's weight: w · γ/√(σ² + ε) and β − μ · γ/√(σ² + ε). */
export function fold({ name, to }: Layer, weights: ReadonlyMap<string, Float32Array>): Folded {
  const [gamma, beta, mean, variance] = ["gamma", "beta", "running_mean", "running_variance"]
    .map((part) => weights.get(`${name}.${part}`)!);
  const scale = gamma.map((value, c) => value / Math.sqrt(variance[c] + EPSILON));
  return {
    weight: Float32Array.from(weights.get(`${name}.weight`)!, (value, i) => value * scale[i % to]),
    bias: Float32Array.from(beta, (value, c) => value - mean[c] * scale[c]),
  };
}
