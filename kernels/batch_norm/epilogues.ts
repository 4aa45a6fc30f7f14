/** What a kernel for GPUs leaves for a batch norm, beside its own result, so that nothing has to read that again. */
import {
  type Binding,
  type Dispatch,
  prologueBindings,
  prologueConstants,
  readsChannels,
  type WithStatistics,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes } from "../wgsl/storage.ts";
import laneColumns from "../reduction/lane_columns.wgsl" with { type: "text" };
import statisticsEpilogue from "./batch_norm_epilogue.wgsl" with { type: "text" };
import gradientEpilogue from "./batch_norm_gradient_epilogue.wgsl" with { type: "text" };

/** The statistics of its result, or the sums of the gradient of a batch norm, with ReLU6 or not. */
export type Left = "nothing" | "statistics" | "sums" | "relu6 sums";

/** What stands before a kernel that leaves something, and the constants that its text asks. */
export function epilogueText(left: Left): { sources: string[]; tile: Record<string, number> } {
  const statistics = left === "statistics";
  const sums = left === "sums" || left === "relu6 sums";
  return {
    sources: statistics ? [laneColumns, statisticsEpilogue] : sums ? [laneColumns, gradientEpilogue] : [],
    tile: {
      STATISTICS: statistics ? 1 : 0,
      GRADIENT_SUMS: sums ? 1 : 0,
      RELU6: left === "relu6 sums" ? 1 : 0,
    },
  };
}

/** A dispatch that leaves statistics of slices of its result [rows, channels]; it binds `more` besides. */
export function leavingStatistics(
  dispatch: Dispatch,
  rows: number,
  channels: number,
  { slices, sliceRows }: Omit<WithStatistics, "dispatch">,
  more: readonly Binding[] = [],
): WithStatistics {
  const { flops, bytes } = dispatch.cost;
  const cost = { flops: flops + 5 * rows * channels, bytes: bytes + tensorBytes([2 * slices, channels]) };
  const bindings = [...dispatch.bindings, ...more, writes("statistics")];
  return { dispatch: { ...dispatch, bindings, cost }, slices, sliceRows };
}

/** Likewise one that leaves the sums of the gradient of a batch norm whose input it reads besides. */
export function leavingGradientSums(
  dispatch: Dispatch,
  relu6: boolean,
  rows: number,
  channels: number,
  slices: Omit<WithStatistics, "dispatch">,
): WithStatistics {
  const prologue = relu6 ? "affine-relu6" : "none";
  const constants = { ...dispatch.constants, ...prologueConstants("norm", prologue, channels) };
  const { flops, bytes } = dispatch.cost;
  const cost = { flops, bytes: bytes + tensorBytes([rows, channels]) };
  const more = [...prologueBindings("norm", prologue, channels), readsChannels("moments", 2, channels)];
  return leavingStatistics({ ...dispatch, constants, cost }, rows, channels, slices, more);
}
