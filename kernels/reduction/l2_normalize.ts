/** Geometry of scaling rows to length one, and of its gradient. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import forward from "./l2_normalize.wgsl" with { type: "text" };
import gradient from "./l2_normalize_gradient.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };

/** Rows [rows, width], the length below which they are not scaled up, and what such a row becomes. */
export interface NormalizeShape {
  /** Rows, each scaled on its own. */
  readonly rows: number;
  /** Width of a row. */
  readonly width: number;
  /** The length below which a row is short. */
  readonly epsilon: number;
  /** `divide` by epsilon, or `zero`: a row that short has no direction, and no gradient. */
  readonly short: "divide" | "zero";
}

function geometry({ rows, width, epsilon, short }: NormalizeShape): Pick<
  Dispatch,
  "constants" | "tile" | "workgroups"
> {
  return {
    constants: { ROWS: rows, D4: vec4Count(width), EPSILON: epsilon },
    tile: { NO_DIRECTION: short === "zero" ? 1 : 0 },
    workgroups: flatWorkgroups(rows * WORKGROUP),
  };
}

/** y = x / max(|x|, epsilon) by row. Bindings: `x`, `y`. */
export function l2Normalize(shape: NormalizeShape): Dispatch {
  const bytes = tensorBytes([shape.rows, shape.width]);
  return {
    kernel: "l2_normalize",
    source: reduce + forward,
    bindings: [reads("x"), writes("y")],
    ...geometry(shape),
    cost: { flops: 3 * shape.rows * shape.width, bytes: 2 * bytes },
  };
}

/** Gradient of {@link l2Normalize}. Bindings: `x`, `dy`, `dx`. */
export function l2NormalizeGradient(shape: NormalizeShape): Dispatch {
  const bytes = tensorBytes([shape.rows, shape.width]);
  return {
    kernel: "l2_normalize_gradient",
    source: reduce + gradient,
    bindings: [reads("x"), reads("dy"), writes("dx")],
    ...geometry(shape),
    cost: { flops: 8 * shape.rows * shape.width, bytes: 3 * bytes },
  };
}
