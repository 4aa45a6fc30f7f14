/** Geometry of moving identities' centers toward a batch's features. */
import { type Dispatch, flatWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import source from "./center_update.wgsl" with { type: "text" };

/** Features [rows, d], of `identities` people; `rate` is the paper's alpha. */
export interface CenterUpdateShape {
  /** Images of the batch. */
  readonly rows: number;
  /** Width of a feature. */
  readonly d: number;
  /** People, each with a center. */
  readonly identities: number;
  /** The share of the way that a center moves: the paper's alpha. */
  readonly rate: number;
}

/** Bindings: `x` [rows, d], `labels` [rows], `centers` [identities, d]. */
export function centerUpdate({ rows, d, identities, rate }: CenterUpdateShape): Dispatch {
  const moved = Math.min(rows, identities);
  return {
    kernel: "center_update",
    source,
    bindings: [reads("x"), reads("labels", "u32"), updates("centers")],
    constants: { ROWS: rows, D4: vec4Count(d), IDENTITIES: identities, RATE: rate },
    workgroups: flatWorkgroups(rows * vec4Count(d)),
    cost: { flops: 2 * rows * d, bytes: tensorBytes([rows, d]) + 4 * rows + 2 * tensorBytes([moved, d]) },
  };
}
