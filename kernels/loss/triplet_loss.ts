/** Geometry of a triplet loss over selected triplets, with its metrics and its gradient into the distances. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import hinge from "./hinge.wgsl" with { type: "text" };
import gradient from "./triplet_gradient.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };
import terms from "./triplet_terms.wgsl" with { type: "text" };
import total from "./triplet_total.wgsl" with { type: "text" };

/** Distances [rows, columns]; each row selects up to `slots` pairs of columns (positive, negative). */
export interface TripletLossShape {
  /** Anchors: rows of distances. */
  readonly rows: number;
  /** Distances of an anchor. */
  readonly columns: number;
  /** Pairs of a positive and a negative that may be selected for an anchor. */
  readonly slots: number;
  /** How much farther than the positive a negative should be. */
  readonly margin: number;
  /** log(1 + e^x) of x = d(a, p) - d(a, n) in place of max(0, x + margin). */
  readonly softMargin: boolean;
  /** For a positive whose anchor has no negative: skip it, or take d(a, n) = 0 without gradient. */
  readonly withoutNegative: "skip" | "zero";
}

/** Names of the numbers in `metrics`, in order. */
export const TRIPLET_METRICS = [
  /** The mean of the triplets' hinges: the loss, but for what it adds to that. */
  "loss",
  /** Share of triplets whose hinge is above 0; with soft margin, whose positive is farther than the negative. */
  "active",
  /** Mean d(a, p) over the triplets. */
  "positiveDistance",
  /** Mean d(a, n) over the triplets that have a negative. */
  "negativeDistance",
  /** Triplets that were looked at. */
  "triplets",
  /** Anchors without a positive. */
  "withoutPositive",
  /** Anchors without a negative. */
  "withoutNegative",
  /** Root of the embeddings' mean squared distance from their mean; near 0 when they have collapsed. */
  "spread",
] as const;

function constants(shape: TripletLossShape): Record<string, number> {
  return {
    ROWS: shape.rows,
    COLUMNS4: vec4Count(shape.columns),
    SLOTS: shape.slots,
    MARGIN: shape.margin,
  };
}

function tile(shape: TripletLossShape): Record<string, number> {
  return {
    SOFT_MARGIN: shape.softMargin ? 1 : 0,
    ZERO_WITHOUT_NEGATIVE: shape.withoutNegative === "zero" ? 1 : 0,
  };
}

function bytes({ rows, columns, slots }: TripletLossShape): number {
  return tensorBytes([rows, columns]) + 8 * rows * slots;
}

/** Sums of terms by row. Bindings: `distances`, `selection` [rows, slots, 2], `terms` [rows, 8]. */
export function tripletTerms(shape: TripletLossShape): Dispatch {
  return {
    kernel: "triplet_terms",
    source: hinge + terms,
    bindings: [reads("distances"), reads("selection", "u32"), writes("terms")],
    constants: constants(shape),
    tile: tile(shape),
    workgroups: flatWorkgroups(shape.rows),
    cost: { flops: 8 * shape.rows * shape.slots, bytes: bytes(shape) + tensorBytes([shape.rows, 8]) },
  };
}

/**
 * Loss and metrics from `rows` rows of terms and the statistics of `embeddings` rows of width `d`; the loss is the mean
 * over all triplets or over the active ones. Bindings: `terms`, `partial` [1, 2, d], `loss` [], `metrics` [8].
 */
export function tripletTotal(
  rows: number,
  embeddings: number,
  d: number,
  mean: "all" | "active" = "all",
): Dispatch {
  return {
    kernel: "triplet_total",
    source: reduce + total,
    bindings: [reads("terms"), reads("partial"), writes("loss"), writes("metrics")],
    constants: { ROWS: rows, EMBEDDINGS: embeddings, D4: vec4Count(d) },
    tile: { MEAN_OF_ACTIVE: mean === "active" ? 1 : 0 },
    workgroups: [1, 1, 1],
    cost: { flops: 8 * rows + d, bytes: tensorBytes([rows, 8]) + tensorBytes([2, d]) + tensorBytes([3, 4]) },
  };
}

/** Gradient into the distances. Bindings: `distances`, `selection`, `metrics`, `dloss`, `ddistances`. */
export function tripletGradient(shape: TripletLossShape): Dispatch {
  return {
    kernel: "triplet_gradient",
    source: hinge + gradient,
    bindings: [
      reads("distances"),
      reads("selection", "u32"),
      reads("metrics"),
      reads("dloss"),
      writes("ddistances"),
    ],
    constants: constants(shape),
    tile: tile(shape),
    workgroups: flatWorkgroups(shape.rows * vec4Count(shape.columns)),
    cost: {
      flops: 8 * shape.rows * shape.columns * shape.slots,
      bytes: bytes(shape) + tensorBytes([shape.rows, shape.columns]) + tensorBytes([3, 4]),
    },
  };
}
