/** Geometry of batch norm's kernels. A tensor of any shape counts as [rows, C] here. */
import {
  type Dispatch,
  flatWorkgroups,
  type LoadMap,
  mapConstants,
  mapped,
  reads,
  updates,
  writes,
} from "./dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "./storage.ts";
import { splitReduction } from "./sum_slices.ts";
import applyMapSource from "./apply_map.wgsl" with { type: "text" };
import coefficientsSource from "./batch_norm_coefficients.wgsl" with { type: "text" };
import gradientCoefficientsSource from "./batch_norm_gradient_coefficients.wgsl" with { type: "text" };
import gradientSumsSource from "./batch_norm_gradient_sums.wgsl" with { type: "text" };
import inferenceSource from "./batch_norm_inference.wgsl" with { type: "text" };
import inputGradientSource from "./batch_norm_input_gradient.wgsl" with { type: "text" };
import statisticsSource from "./batch_norm_statistics.wgsl" with { type: "text" };

/** How the rows of a tensor are cut for per-channel reductions. */
export interface RowSlices {
  readonly rows: number;
  readonly channels: number;
  readonly slices: number;
  readonly sliceRows: number;
}

/** Cuts a tensor's rows so that a reduction over them has about `parallelism` threads. */
export function rowSlices(shape: readonly number[], parallelism: number): RowSlices {
  const [rows, channels] = [rowCount(shape), lastAxis(shape)];
  const { slices, sliceLength } = splitReduction(rows, vec4Count(channels), parallelism, 32);
  return { rows, channels, slices, sliceRows: sliceLength };
}

function sliceConstants(s: RowSlices): Record<string, number> {
  return { ROWS: s.rows, C4: vec4Count(s.channels), SLICES: s.slices, SLICE_ROWS: s.sliceRows };
}

/** Statistics of slices. Bindings: `x`, `partial` [slices, 2, C]. */
export function batchNormStatistics(s: RowSlices): Dispatch {
  return {
    kernel: "batch_norm_statistics",
    source: statisticsSource,
    bindings: [reads("x"), writes("partial")],
    constants: sliceConstants(s),
    tile: {},
    workgroups: flatWorkgroups(s.slices * vec4Count(s.channels)),
    cost: { flops: 4 * s.rows * s.channels, bytes: tensorBytes([s.rows, s.channels]) },
  };
}

/**
 * Joins slices' statistics into the map and updates the running ones. Bindings: `partial`, `gamma`, `beta`,
 * `settings` (epsilon, momentum), `running_mean`, `running_variance`, `coefficients` and `moments` [2, C].
 */
export function batchNormCoefficients(s: RowSlices): Dispatch {
  return {
    kernel: "batch_norm_coefficients",
    source: coefficientsSource,
    bindings: [
      reads("partial"),
      reads("gamma"),
      reads("beta"),
      reads("settings"),
      updates("running_mean"),
      updates("running_variance"),
      writes("coefficients"),
      writes("moments"),
    ],
    constants: { ...sliceConstants(s), CHANNELS: s.channels },
    tile: {},
    workgroups: flatWorkgroups(vec4Count(s.channels)),
    cost: { flops: 10 * s.slices * s.channels, bytes: tensorBytes([2 * s.slices, s.channels]) },
  };
}

/**
 * The map of batch norm with fixed statistics. Bindings: `gamma`, `beta`, `mean`, `variance`, `settings`
 * (epsilon), `coefficients` and `moments` [2, C].
 */
export function batchNormInference(channels: number): Dispatch {
  return {
    kernel: "batch_norm_inference",
    source: inferenceSource,
    bindings: [
      reads("gamma"),
      reads("beta"),
      reads("mean"),
      reads("variance"),
      reads("settings"),
      writes("coefficients"),
      writes("moments"),
    ],
    constants: { CHANNELS: channels, C4: vec4Count(channels) },
    tile: {},
    workgroups: flatWorkgroups(vec4Count(channels)),
    cost: { flops: 4 * channels, bytes: tensorBytes([6, channels]) },
  };
}

/** Y = map(X), written out. Bindings: `x`, `x_coefficients`, `y`. */
export function applyMap(shape: readonly number[], map: LoadMap): Dispatch {
  const c4 = vec4Count(lastAxis(shape));
  return {
    kernel: "apply_map",
    source: applyMapSource,
    bindings: [...mapped("x", map), writes("y")],
    constants: { ROWS: rowCount(shape), C4: c4, ...mapConstants("x", map, lastAxis(shape)) },
    tile: {},
    workgroups: flatWorkgroups(rowCount(shape) * c4),
    cost: { flops: 2 * rowCount(shape) * lastAxis(shape), bytes: 2 * tensorBytes(shape) },
  };
}

/**
 * Sums for the gradient. Bindings: `x`, `dz`, `coefficients` and `moments` [2, C], `partial` [slices, 2, C].
 */
export function batchNormGradientSums(s: RowSlices, relu6: boolean): Dispatch {
  return {
    kernel: "batch_norm_gradient_sums",
    source: gradientSumsSource,
    bindings: [reads("x"), reads("dz"), reads("coefficients"), reads("moments"), writes("partial")],
    constants: sliceConstants(s),
    tile: { RELU6: relu6 ? 1 : 0 },
    workgroups: flatWorkgroups(s.slices * vec4Count(s.channels)),
    cost: { flops: 8 * s.rows * s.channels, bytes: 2 * tensorBytes([s.rows, s.channels]) },
  };
}

/**
 * Parameters' gradients, and coefficients of the input's. Bindings: `partial`, `coefficients`, `moments`,
 * `dgamma`, `dbeta`, `gradient_coefficients` [4, C].
 */
export function batchNormGradientCoefficients(s: RowSlices, batchStatistics: boolean): Dispatch {
  return {
    kernel: "batch_norm_gradient_coefficients",
    source: gradientCoefficientsSource,
    bindings: [
      reads("partial"),
      reads("coefficients"),
      reads("moments"),
      writes("dgamma"),
      writes("dbeta"),
      writes("gradient_coefficients"),
    ],
    constants: { ROWS: s.rows, C4: vec4Count(s.channels), SLICES: s.slices },
    tile: { BATCH_STATISTICS: batchStatistics ? 1 : 0 },
    workgroups: flatWorkgroups(vec4Count(s.channels)),
    cost: { flops: 2 * s.slices * s.channels, bytes: tensorBytes([2 * s.slices, s.channels]) },
  };
}

/** Gradient of the input. Bindings: `x`, `dz`, `coefficients` [4, C], `dx`. */
export function batchNormInputGradient(shape: readonly number[], relu6: boolean): Dispatch {
  const [rows, channels] = [rowCount(shape), lastAxis(shape)];
  const tileRows = rows >= 1024 ? 4 : 1;
  return {
    kernel: "batch_norm_input_gradient",
    source: inputGradientSource,
    bindings: [reads("x"), reads("dz"), reads("coefficients"), writes("dx")],
    constants: { ROWS: rows, C4: vec4Count(channels) },
    tile: { RELU6: relu6 ? 1 : 0, TILE_ROWS: tileRows },
    workgroups: flatWorkgroups(Math.ceil(rows / tileRows) * vec4Count(channels)),
    cost: { flops: 6 * rows * channels, bytes: 3 * tensorBytes(shape) },
  };
}
