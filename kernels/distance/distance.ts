/** Geometry of distances between rows, directly and through inner products, and of their gradients. */
import { type Dispatch, flatWorkgroups, reads, WORKGROUP, writes } from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import direct from "./distance.wgsl" with { type: "text" };
import gradient from "./distance_gradient.wgsl" with { type: "text" };
import gram from "./gram_distance.wgsl" with { type: "text" };
import reduce from "../wgsl/workgroup_reduce.wgsl" with { type: "text" };
import tripletGradient from "./triplet_distance_gradient.wgsl" with { type: "text" };
import triplets from "./triplet_distance.wgsl" with { type: "text" };
import lengths from "./squared_lengths.wgsl" with { type: "text" };
import weights from "./distance_weights.wgsl" with { type: "text" };

/** Distances that the kernels know. Angular distance is 1 - cosine. */
export const METRICS = ["squared", "euclidean", "angular"] as const;

/** How far two embeddings are apart: |a - b|², |a - b|, or 1 - cosine. */
export type Metric = typeof METRICS[number];

/** Rows a [m, d] against rows b [n, d]. */
export interface DistanceShape {
  /** Rows of a. */
  readonly m: number;
  /** Rows of b. */
  readonly n: number;
  /** Width of a row. */
  readonly d: number;
}

/** Rows that one thread takes; more of them share their loads, fewer keep small problems parallel. */
function rowTile(m: number, columns: number): number {
  return m * columns > 4096 ? 4 : 1;
}

function shapeConstants({ m, n, d }: DistanceShape): Record<string, number> {
  return { M: m, N: n, N4: vec4Count(n), D4: vec4Count(d) };
}

function shapeBytes({ m, n, d }: DistanceShape): number {
  return tensorBytes([m, d]) + tensorBytes([n, d]) + tensorBytes([m, n]);
}

/**
 * Distances from differences; for `angular` the rows must be of length 1 or 0. `self`: a and b are the same.
 * Bindings: `a`, `b`, `y`.
 */
export function distance(shape: DistanceShape, metric: Metric, self: boolean): Dispatch {
  const columns = vec4Count(shape.n);
  const tile = rowTile(shape.m, columns);
  return {
    kernel: "distance",
    source: direct,
    bindings: [reads("a"), reads("b"), writes("y")],
    constants: shapeConstants(shape),
    tile: { TILE_M: tile, METRIC: METRICS.indexOf(metric), SELF: self ? 1 : 0 },
    workgroups: flatWorkgroups(Math.ceil(shape.m / tile) * columns),
    cost: { flops: 3 * shape.m * shape.n * shape.d, bytes: shapeBytes(shape) },
  };
}

/** For which rows {@link distanceWeights} are: those of a, those of b, or both where a and b are the same. */
export type WeightForm = "a" | "b" | "both";

/** Weights of differences in the gradient. Bindings: `y`, `dy` [m, n], `weights` ([n, m] for the form `b`). */
export function distanceWeights({ m, n }: DistanceShape, metric: Metric, form: WeightForm): Dispatch {
  const [rows, columns] = form === "b" ? [n, m] : [m, n];
  return {
    kernel: "distance_weights",
    source: weights,
    bindings: [reads("y"), reads("dy"), writes("weights")],
    constants: { ROWS: rows, COLUMNS: columns, COLUMNS4: vec4Count(columns), N4: vec4Count(n) },
    tile: { METRIC: METRICS.indexOf(metric), FORM: ["a", "b", "both"].indexOf(form) },
    workgroups: flatWorkgroups(rows * vec4Count(columns)),
    cost: { flops: 2 * m * n, bytes: 3 * tensorBytes([m, n]) },
  };
}

/** da = sum_n weights (a - b). Bindings: `a` [m, d], `b` [n, d], `weights` [m, n], `da`. */
export function distanceGradient(shape: DistanceShape): Dispatch {
  const columns = vec4Count(shape.d);
  const tile = rowTile(shape.m, columns);
  return {
    kernel: "distance_gradient",
    source: gradient,
    bindings: [reads("a"), reads("b"), reads("weights"), writes("da")],
    constants: shapeConstants(shape),
    tile: { TILE_M: tile },
    workgroups: flatWorkgroups(Math.ceil(shape.m / tile) * columns),
    cost: {
      flops: 3 * shape.m * shape.n * shape.d,
      bytes: shapeBytes(shape) + tensorBytes([shape.m, shape.d]),
    },
  };
}

/** Squared lengths of rows [rows, d]. Bindings: `x`, `y` [rows]. */
export function squaredLengths(rows: number, d: number): Dispatch {
  return {
    kernel: "squared_lengths",
    source: lengths,
    bindings: [reads("x"), writes("y")],
    constants: { ROWS: rows, ROWS4: vec4Count(rows), D4: vec4Count(d) },
    workgroups: flatWorkgroups(vec4Count(rows)),
    cost: { flops: 2 * rows * d, bytes: tensorBytes([rows, d]) + tensorBytes([rows]) },
  };
}

/**
 * Distances from inner products and squared lengths. Bindings: `product` [m, n], `aa` [m], `bb` [n], `y` [m, n].
 */
export function gramDistance({ m, n }: DistanceShape, metric: Metric): Dispatch {
  return {
    kernel: "gram_distance",
    source: gram,
    bindings: [reads("product"), reads("aa"), reads("bb"), writes("y")],
    constants: { M: m, N: n, N4: vec4Count(n) },
    tile: { METRIC: METRICS.indexOf(metric) },
    workgroups: flatWorkgroups(m * vec4Count(n)),
    cost: { flops: 4 * m * n, bytes: 2 * tensorBytes([m, n]) + tensorBytes([m]) + tensorBytes([n]) },
  };
}

/** Anchor to positive and anchor to negative of every triplet. Bindings: `x` [count, 3, d], `y` [count, 2]. */
export function tripletDistance(count: number, d: number, metric: Metric): Dispatch {
  return {
    kernel: "triplet_distance",
    source: reduce + triplets,
    bindings: [reads("x"), writes("y")],
    constants: { TRIPLETS: count, D4: vec4Count(d) },
    tile: { METRIC: METRICS.indexOf(metric) },
    workgroups: flatWorkgroups(count * WORKGROUP),
    cost: { flops: 6 * count * d, bytes: tensorBytes([count, 3, d]) + tensorBytes([count, 2]) },
  };
}

/** Gradient of {@link tripletDistance}. Bindings: `x`, `y`, `dy`, `dx`. */
export function tripletDistanceGradient(count: number, d: number, metric: Metric): Dispatch {
  return {
    kernel: "triplet_distance_gradient",
    source: tripletGradient,
    bindings: [reads("x"), reads("y"), reads("dy"), writes("dx")],
    constants: { TRIPLETS: count, D4: vec4Count(d) },
    tile: { METRIC: METRICS.indexOf(metric) },
    workgroups: flatWorkgroups(count * vec4Count(d)),
    cost: { flops: 5 * count * d, bytes: 2 * tensorBytes([count, 3, d]) + 2 * tensorBytes([count, 2]) },
  };
}
