/** Geometry of batch norm's kernels. A tensor of any shape counts as [rows, C] here. */
import {
  type Binding,
  type Dispatch,
  flatWorkgroups,
  isGradientPrologue,
  type Prologue,
  prologueBindings,
  prologueConstants,
  reads,
  readsChannels,
  updates,
  type WithStatistics,
  writes,
} from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import { splitReduction } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import applyPrologueSource from "./apply_prologue.wgsl" with { type: "text" };
import coefficientsSource from "./batch_norm_coefficients.wgsl" with { type: "text" };
import gradientCoefficientsSource from "./batch_norm_gradient_coefficients.wgsl" with { type: "text" };
import gradientPrologueSource from "./batch_norm_gradient_prologue.wgsl" with { type: "text" };
import gradientOneSliceSource from "./batch_norm_gradient_one_slice.wgsl" with { type: "text" };
import gradientSumsSource from "./batch_norm_gradient_sums.wgsl" with { type: "text" };
import gradientTermsSource from "./batch_norm_gradient_terms.wgsl" with { type: "text" };
import inferenceSource from "./batch_norm_inference.wgsl" with { type: "text" };
import manyCoefficientsSource from "./batch_norm_many_coefficients.wgsl" with { type: "text" };
import manyGradientCoefficientsSource from "./batch_norm_many_gradient_coefficients.wgsl" with {
  type: "text",
};
import prologueSource from "./batch_norm_prologue.wgsl" with { type: "text" };
import momentsSource from "./batch_norm_moments.wgsl" with { type: "text" };
import oneSliceSource from "./batch_norm_one_slice.wgsl" with { type: "text" };
import statisticsSource from "./batch_norm_statistics.wgsl" with { type: "text" };
import joinSource from "../reduction/join_slices.wgsl" with { type: "text" };

/** How the rows of a tensor are cut for per-channel reductions. */
export interface RowSlices {
  /** Rows of the tensor: everything but its channels. */
  readonly rows: number;
  /** Size of the last axis. */
  readonly channels: number;
  /** Parts that are reduced on their own and then joined. */
  readonly slices: number;
  /** Rows of a part; the last may have fewer. */
  readonly sliceRows: number;
  /** Whether workgroups rather than threads join the slices: a thread alone waits for memory once for each. */
  readonly together: boolean;
}

/** Vec4s of channels whose slices a workgroup of {@link JOIN_LANES} threads joins: two fill a sector of memory. */
const JOIN_COLUMNS = 2;
const JOIN_LANES = 256;

/**
 * Cuts a tensor's rows so that a reduction over them keeps the adapter busy. Joining slices takes a dispatch more, which
 * costs as much as this many rows: few where there must be many threads.
 *
 * The kernels that read the tensor are the same on every adapter. On a GPU neighboring threads read neighboring
 * channels of one row: whole rows, 16 bytes a thread, four loads under way in each of 32,768 threads, the two megabytes
 * that hide the latency of the fastest memory. A workgroup for each slice would only add barriers. What is left is up to
 * a thousand slices for four channels, and those a workgroup joins there.
 */
export function rowSlices(shape: readonly number[], target: Target): RowSlices {
  const { parallelism } = target;
  const [rows, channels] = [rowCount(shape), lastAxis(shape)];
  const shortest = target.adapterClass === "software" ? 2048 : 32;
  const { slices, sliceLength } = splitReduction(rows, vec4Count(channels), parallelism, shortest);
  return { rows, channels, slices, sliceRows: sliceLength, together: target.adapterClass === "gpu" };
}

/** The slices in which `left` has the statistics of a tensor. */
export function leftSlices(shape: readonly number[], left: WithStatistics, target: Target): RowSlices {
  const { slices, sliceRows } = left;
  return { ...rowSlices(shape, target), slices, sliceRows };
}

function sliceConstants(s: RowSlices): Record<string, number> {
  return { ROWS: s.rows, C4: vec4Count(s.channels), SLICES: s.slices, SLICE_ROWS: s.sliceRows };
}

/** Statistics of slices. Bindings: `x`, `partial` [slices, 2, C]. */
export function batchNormStatistics(s: RowSlices): Dispatch {
  return {
    kernel: "batch_norm_statistics",
    source: [momentsSource, statisticsSource].join("\n"),
    bindings: [reads("x"), writes("partial")],
    constants: sliceConstants(s),
    workgroups: flatWorkgroups(s.slices * vec4Count(s.channels)),
    cost: { flops: 4 * s.rows * s.channels, bytes: tensorBytes([s.rows, s.channels]) },
  };
}

/** Kernel, shader, tile and workgroups of what joins slices, by threads or by workgroups. */
function joined(
  s: RowSlices,
  byThreads: readonly [string, ...string[]],
  byWorkgroups: readonly [string, ...string[]],
  tile: Readonly<Record<string, number>> = {},
): Pick<Dispatch, "kernel" | "source" | "tile" | "workgroups"> {
  const c4 = vec4Count(s.channels);
  const [kernel, ...sources] = s.together ? byWorkgroups : byThreads;
  const source = sources.join("\n");
  if (!s.together) return { kernel, source, tile, workgroups: flatWorkgroups(c4) };
  const lanes = { THREADS: JOIN_LANES, JOIN_COLUMNS, JOIN_ROWS: JOIN_LANES / JOIN_COLUMNS };
  return { kernel, source, tile: { ...tile, ...lanes }, workgroups: [Math.ceil(c4 / JOIN_COLUMNS), 1, 1] };
}

const MAP_BINDINGS: readonly Binding[] = [
  reads("gamma"),
  reads("beta"),
  reads("settings"),
  updates("running_mean"),
  updates("running_variance"),
  writes("coefficients"),
  writes("moments"),
];

/**
 * Joins slices' statistics into the prologue and updates the running ones. Bindings: `partial`, `gamma`, `beta`,
 * `settings` (epsilon, momentum), `running_mean`, `running_variance`, `coefficients` and `moments` [2, C].
 */
export function batchNormCoefficients(s: RowSlices): Dispatch {
  return {
    ...joined(
      s,
      ["batch_norm_coefficients", prologueSource, coefficientsSource],
      ["batch_norm_many_coefficients", joinSource, prologueSource, manyCoefficientsSource],
    ),
    bindings: [readsChannels("partial", 2 * s.slices, s.channels), ...MAP_BINDINGS],
    constants: { ...sliceConstants(s), CHANNELS: s.channels },
    cost: { flops: 10 * s.slices * s.channels, bytes: tensorBytes([2 * s.slices, s.channels]) },
  };
}

/** {@link batchNormStatistics} and {@link batchNormCoefficients} in one, for one slice. Bindings: `x` for `partial`. */
export function batchNormOneSlice(s: RowSlices): Dispatch {
  return {
    kernel: "batch_norm_one_slice",
    source: [momentsSource, prologueSource, oneSliceSource].join("\n"),
    bindings: [reads("x"), ...MAP_BINDINGS],
    constants: { ROWS: s.rows, C4: vec4Count(s.channels), CHANNELS: s.channels },
    workgroups: flatWorkgroups(vec4Count(s.channels)),
    cost: { flops: 4 * s.rows * s.channels, bytes: tensorBytes([s.rows, s.channels]) },
  };
}

/**
 * The prologue of batch norm with fixed statistics. Bindings: `gamma`, `beta`, `mean`, `variance`, `settings`
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
    workgroups: flatWorkgroups(vec4Count(channels)),
    cost: { flops: 4 * channels, bytes: tensorBytes([6, channels]) },
  };
}

/** Y = map(X), written out. Bindings: `x` and what its prologue needs, `y`. */
export function applyPrologue(shape: readonly number[], prologue: Prologue): Dispatch {
  const [rows, channels] = [rowCount(shape), lastAxis(shape)];
  const tileRows = rows >= 1024 ? 4 : 1;
  const [flops, tensors] = isGradientPrologue(prologue) ? [6, 3] : [2, 2];
  return {
    kernel: "apply_prologue",
    source: applyPrologueSource,
    bindings: [...prologueBindings("x", prologue, channels), writes("y")],
    constants: { ROWS: rows, C4: vec4Count(channels), ...prologueConstants("x", prologue, channels) },
    tile: { TILE_ROWS: tileRows },
    workgroups: flatWorkgroups(Math.ceil(rows / tileRows) * vec4Count(channels)),
    cost: { flops: flops * rows * channels, bytes: tensors * tensorBytes(shape) },
  };
}

/** What the gradient needs of the forward pass. */
function forwardReads({ channels }: RowSlices): Binding[] {
  return [readsChannels("coefficients", 2, channels), readsChannels("moments", 2, channels)];
}

function gradientReads(s: RowSlices): Binding[] {
  return [reads("x"), reads("dz"), ...forwardReads(s)];
}

const GRADIENT_WRITES: readonly Binding[] = [
  writes("dgamma"),
  writes("dbeta"),
  writes("gradient_coefficients"),
];

/**
 * Sums for the gradient. Bindings: `x`, `dz`, `coefficients` and `moments` [2, C], `partial` [slices, 2, C].
 */
export function batchNormGradientSums(s: RowSlices, relu6: boolean): Dispatch {
  return {
    kernel: "batch_norm_gradient_sums",
    source: [gradientTermsSource, gradientSumsSource].join("\n"),
    bindings: [...gradientReads(s), writes("partial")],
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
    ...joined(
      s,
      ["batch_norm_gradient_coefficients", gradientPrologueSource, gradientCoefficientsSource],
      [
        "batch_norm_many_gradient_coefficients",
        joinSource,
        gradientPrologueSource,
        manyGradientCoefficientsSource,
      ],
      { BATCH_STATISTICS: batchStatistics ? 1 : 0 },
    ),
    bindings: [readsChannels("partial", 2 * s.slices, s.channels), ...forwardReads(s), ...GRADIENT_WRITES],
    constants: { ROWS: s.rows, C4: vec4Count(s.channels), SLICES: s.slices },
    cost: { flops: 2 * s.slices * s.channels, bytes: tensorBytes([2 * s.slices, s.channels]) },
  };
}

/**
 * {@link batchNormGradientSums} and {@link batchNormGradientCoefficients} in one, for one slice. Bindings: `x`, `dz`,
 * `coefficients`, `moments`, `dgamma`, `dbeta`, `gradient_coefficients`.
 */
export function batchNormGradientOneSlice(s: RowSlices, relu6: boolean, batchStatistics: boolean): Dispatch {
  return {
    kernel: "batch_norm_gradient_one_slice",
    source: [gradientTermsSource, gradientPrologueSource, gradientOneSliceSource].join("\n"),
    bindings: [...gradientReads(s), ...GRADIENT_WRITES],
    constants: { ROWS: s.rows, C4: vec4Count(s.channels) },
    tile: { RELU6: relu6 ? 1 : 0, BATCH_STATISTICS: batchStatistics ? 1 : 0 },
    workgroups: flatWorkgroups(vec4Count(s.channels)),
    cost: { flops: 8 * s.rows * s.channels, bytes: 2 * tensorBytes([s.rows, s.channels]) },
  };
}
