/** Geometry of softmax cross-entropy with label smoothing, and of its gradient. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import gradient from "./cross_entropy_gradient.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };
import rowLosses from "./cross_entropy.wgsl" with { type: "text" };
import total from "./cross_entropy_total.wgsl" with { type: "text" };

/** Logits [rows, classes]; `smoothing` of every target is spread evenly over all classes. */
export interface CrossEntropyShape {
  /** Examples of the batch. */
  readonly rows: number;
  /** Logits of an example. */
  readonly classes: number;
  /** Share of the target that all classes get alike. */
  readonly smoothing: number;
}

/** Names of the numbers in `metrics`, in order: the loss, and the share of rows classified right. */
export const CROSS_ENTROPY_METRICS = ["loss", "accuracy"] as const;

function constants({ rows, classes, smoothing }: CrossEntropyShape): Record<string, number> {
  return { ROWS: rows, CLASSES: classes, C4: vec4Count(classes), SMOOTHING: smoothing };
}

/** Loss of every row. Bindings: `logits`, `labels` [rows], `rows` [rows, 4]. */
export function crossEntropyRows(shape: CrossEntropyShape): Dispatch {
  const { rows, classes } = shape;
  return {
    kernel: "cross_entropy",
    source: reduce + rowLosses,
    bindings: [reads("logits"), reads("labels", "u32"), writes("rows")],
    constants: constants(shape),
    workgroups: flatWorkgroups(rows * WORKGROUP),
    cost: { flops: 6 * rows * classes, bytes: tensorBytes([rows, classes]) + 20 * rows },
  };
}

/** Means over the rows. Bindings: `rows` [rows, 4], `loss` [], `metrics` [2]. */
export function crossEntropyTotal(rows: number): Dispatch {
  return {
    kernel: "cross_entropy_total",
    source: reduce + total,
    bindings: [reads("rows"), writes("loss"), writes("metrics")],
    constants: { ROWS: rows },
    workgroups: [1, 1, 1],
    cost: { flops: 4 * rows, bytes: tensorBytes([rows + 2, 4]) },
  };
}

/** Gradient into the logits. Bindings: `logits`, `labels`, `rows`, `dloss`, `dlogits`. */
export function crossEntropyGradient(shape: CrossEntropyShape): Dispatch {
  const { rows, classes } = shape;
  return {
    kernel: "cross_entropy_gradient",
    source: gradient,
    bindings: [
      reads("logits"),
      reads("labels", "u32"),
      reads("rows"),
      reads("dloss"),
      writes("dlogits"),
    ],
    constants: constants(shape),
    workgroups: flatWorkgroups(rows * vec4Count(classes)),
    cost: { flops: 5 * rows * classes, bytes: 2 * tensorBytes([rows, classes]) + 20 * rows },
  };
}
