/** Geometry of the batch-all loss: every triplet of a batch, counted and summed where its distances lie. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import gradient from "./all_triplet_gradient.wgsl" with { type: "text" };
import hinge from "./hinge.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };
import relation from "./relations.wgsl" with { type: "text" };
import terms from "./all_triplet_terms.wgsl" with { type: "text" };

/** A batch whose distances are [batch, batch]. */
export interface AllTripletsShape {
  /** Images of the batch. */
  readonly batch: number;
  /** How much farther than the positive a negative should be. */
  readonly margin: number;
  /** log(1 + e^x) of x = d(a, p) - d(a, n) in place of max(0, x + margin). */
  readonly softMargin: boolean;
  /** Whether the loss is the mean over all triplets or over the active ones. */
  readonly mean: "all" | "active";
}

function constants(batch: number): Record<string, number> {
  return { B: batch, B4: vec4Count(batch) };
}

function tile({ softMargin, mean }: AllTripletsShape): Record<string, number> {
  return { SOFT_MARGIN: softMargin ? 1 : 0, MEAN_OF_ACTIVE: mean === "active" ? 1 : 0 };
}

/** 1 for an anchor's positives, -1 for its negatives, 0 for itself. Bindings: `labels` [batch], `relations` [batch, batch]. */
export function relations(batch: number): Dispatch {
  return {
    kernel: "relations",
    source: relation,
    bindings: [reads("labels", "u32"), writes("relations")],
    constants: constants(batch),
    workgroups: flatWorkgroups(batch * vec4Count(batch)),
    cost: { flops: 2 * batch * batch, bytes: 4 * batch + tensorBytes([batch, batch]) },
  };
}

/** Sums by anchor. Bindings: `distances`, `relations` [batch, batch], `terms` [batch, 8]. */
export function allTripletTerms(shape: AllTripletsShape): Dispatch {
  const { batch } = shape;
  return {
    kernel: "all_triplet_terms",
    source: reduce + hinge + terms,
    bindings: [reads("distances"), reads("relations"), writes("terms")],
    constants: { ...constants(batch), MARGIN: shape.margin },
    tile: tile(shape),
    workgroups: flatWorkgroups(batch * WORKGROUP),
    cost: { flops: 8 * batch * batch, bytes: 2 * tensorBytes([batch, batch]) + tensorBytes([batch, 8]) },
  };
}

/** Gradient into the distances. Bindings: `distances`, `relations`, `metrics`, `dloss`, `ddistances`. */
export function allTripletGradient(shape: AllTripletsShape): Dispatch {
  const { batch } = shape;
  return {
    kernel: "all_triplet_gradient",
    source: hinge + gradient,
    bindings: [
      reads("distances"),
      reads("relations"),
      reads("metrics"),
      reads("dloss"),
      writes("ddistances"),
    ],
    constants: { ...constants(batch), MARGIN: shape.margin },
    tile: tile(shape),
    workgroups: flatWorkgroups(batch * vec4Count(batch)),
    cost: { flops: 5 * batch ** 3, bytes: 3 * tensorBytes([batch, batch]) + tensorBytes([3, 4]) },
  };
}
