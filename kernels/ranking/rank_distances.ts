/** Geometry of ranking a gallery by a block of distances, which stays on the GPU; only the ranks are read back. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import count from "./rank_count.wgsl" with { type: "text" };
import nearest from "./rank_nearest.wgsl" with { type: "text" };
import pick from "./rank_pick.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };

/** The sizes of a block of distances. */
export interface RankShape {
  /** Queries, a row each. */
  readonly queries: number;
  /** Gallery images, a column each. */
  readonly gallery: number;
}

/** Distances at given columns. Bindings: `distances`, `columns` [queries, picked], `y` [queries, picked]. */
export function rankPick({ queries, gallery }: RankShape, picked: number): Dispatch {
  return {
    kernel: "rank_pick",
    source: pick,
    bindings: [reads("distances"), reads("columns", "u32"), writes("y")],
    constants: {
      Q: queries,
      N: gallery,
      N4: vec4Count(gallery),
      M: picked,
      M4: vec4Count(picked),
    },
    workgroups: flatWorkgroups(queries * vec4Count(picked)),
    cost: { flops: 0, bytes: 8 * queries * picked + tensorBytes([queries, picked]) },
  };
}

/**
 * Wrong gallery images no farther than each threshold. Bindings: `distances`, `thresholds` [queries, thresholds],
 * `gallery`, `query`, `counts` [queries, thresholds].
 */
export function rankCount({ queries, gallery }: RankShape, thresholds: number): Dispatch {
  return {
    kernel: "rank_count",
    source: reduce + count,
    bindings: [
      reads("distances"),
      reads("thresholds"),
      reads("gallery"),
      reads("query"),
      writes("counts"),
    ],
    constants: { Q: queries, N4: vec4Count(gallery), M: thresholds, M4: vec4Count(thresholds) },
    workgroups: flatWorkgroups(queries * vec4Count(thresholds) * WORKGROUP),
    cost: {
      flops: 2 * queries * gallery * thresholds,
      bytes: tensorBytes([queries, gallery]) + 2 * tensorBytes([queries, thresholds]) +
        tensorBytes([gallery]) + tensorBytes([queries]),
    },
  };
}

/** The nearest wrong gallery images. Bindings: `distances`, `gallery`, `query`, `nearest` [queries, count]. */
export function rankNearest({ queries, gallery }: RankShape, count: number): Dispatch {
  return {
    kernel: "rank_nearest",
    source: nearest,
    bindings: [reads("distances"), reads("gallery"), reads("query"), writes("nearest", "u32")],
    constants: { Q: queries, N4: vec4Count(gallery), K: count },
    workgroups: flatWorkgroups(queries * WORKGROUP),
    cost: {
      flops: 2 * queries * gallery,
      bytes: tensorBytes([queries, gallery]) + tensorBytes([gallery]) + tensorBytes([queries]) +
        4 * queries * count,
    },
  };
}
