/** Geometry of choosing triplets from a batch's distances. A choice has no gradient. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import hard from "./hard_triplets.wgsl" with { type: "text" };
import identities from "./nearest_identities.wgsl" with { type: "text" };
import others from "./nearest_others.wgsl" with { type: "text" };
import semiHard from "./semi_hard_triplets.wgsl" with { type: "text" };

/** Stands in a selection where there is no such image. */
export const NONE = 0xffffffff;

/**
 * The farthest positive and the nearest negative of every anchor. Bindings: `distances` [batch, batch],
 * `labels` [batch], `selection` [batch, 1, 2].
 */
export function hardTriplets(batch: number): Dispatch {
  return {
    kernel: "hard_triplets",
    source: hard,
    bindings: [reads("distances"), reads("labels", "u32"), writes("selection", "u32")],
    constants: { B: batch, B4: vec4Count(batch) },
    workgroups: flatWorkgroups(batch),
    cost: { flops: batch * batch, bytes: tensorBytes([batch, batch]) + 12 * batch },
  };
}

/**
 * The semi-hard negative of every ordered positive pair. Bindings: `distances` [batch, batch], `labels` [batch],
 * `selection` [batch, batch, 2].
 */
export function semiHardTriplets(batch: number): Dispatch {
  return {
    kernel: "semi_hard_triplets",
    source: semiHard,
    bindings: [reads("distances"), reads("labels", "u32"), writes("selection", "u32")],
    constants: { B: batch, B4: vec4Count(batch) },
    workgroups: flatWorkgroups(batch * vec4Count(batch)),
    cost: {
      flops: 4 * batch ** 3,
      bytes: tensorBytes([batch, batch]) + 4 * batch + 8 * batch * batch,
    },
  };
}

/**
 * Of every image the nearest negative, and the nearest of yet another identity. Bindings: `distances` [batch, batch],
 * `labels` [batch], `nearest` [batch, 2].
 */
export function nearestIdentities(batch: number): Dispatch {
  return {
    kernel: "nearest_identities",
    source: identities,
    bindings: [reads("distances"), reads("labels", "u32"), writes("nearest", "u32")],
    constants: { B: batch, B4: vec4Count(batch) },
    workgroups: flatWorkgroups(batch),
    cost: { flops: 2 * batch * batch, bytes: tensorBytes([batch, batch]) + 12 * batch },
  };
}

/**
 * Of every anchor the positive, and its nearest negative with the nearest image of a third identity, as places among
 * batch · batch distances. Bindings: `labels`, `hard` [batch, 1, 2], `nearest` [batch, 2], `selection` [1, batch, 2].
 */
export function nearestOthers(batch: number): Dispatch {
  return {
    kernel: "nearest_others",
    source: others,
    bindings: [
      reads("labels", "u32"),
      reads("hard", "u32"),
      reads("nearest", "u32"),
      writes("selection", "u32"),
    ],
    constants: { B: batch },
    workgroups: flatWorkgroups(batch),
    cost: { flops: batch, bytes: 32 * batch },
  };
}
