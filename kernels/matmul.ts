/** Geometry of the matrix product Y = X W and of its two gradients. Shapes: X [M, K], W [K, N], Y [M, N]. */
import {
  type Dispatch,
  flatWorkgroups,
  type LoadMap,
  mapConstants,
  mapped,
  reads,
  writes,
} from "./dispatch.ts";
import { VEC4_BYTES, vec4Count } from "./storage.ts";
import { splitReduction } from "./sum_slices.ts";
import product from "./matmul.wgsl" with { type: "text" };
import weightGradient from "./matmul_weight_gradient.wgsl" with { type: "text" };

/** Sizes of a product [M, K] × [K, N]. */
export interface MatmulShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

function cost({ m, k, n }: MatmulShape): { flops: number; bytes: number } {
  const [k4, n4] = [vec4Count(k), vec4Count(n)];
  return { flops: 2 * m * k * n, bytes: (m * k4 + k * n4 + m * n4) * VEC4_BYTES };
}

/** Vec4s of columns for a tile: as many as four, and as few as leave none idle. */
function columnTile(n4: number): number {
  const tiles = Math.ceil(n4 / 4);
  return Math.ceil(n4 / tiles);
}

/** Y = X W with X read through `map`. Bindings: `x` (and `x_coefficients`), `w`, `y`. */
export function matmul(shape: MatmulShape, map: LoadMap = "none"): Dispatch {
  return registerTiles(shape, map, false);
}

/**
 * Y = X Wᵀ with W [N, K] and X read through `map`: of X = dY [M, N] and W [K, N] it makes dX. Bindings: `x` and what its
 * map needs, `w`, `y`.
 */
export function matmulTransposed(shape: MatmulShape, map: LoadMap = "none"): Dispatch {
  return registerTiles(shape, map, true);
}

function registerTiles(shape: MatmulShape, map: LoadMap, transposed: boolean): Dispatch {
  const { m, k, n } = shape;
  const [k4, n4] = [vec4Count(k), vec4Count(n)];
  const tile = { TILE_M: 8, TILE_N4: columnTile(n4), TRANSPOSED: transposed ? 1 : 0 };
  return {
    kernel: transposed ? "matmul_transposed" : "matmul",
    source: product,
    bindings: [...mapped("x", map, k), reads("w"), writes("y")],
    constants: { M: m, N: n, N4: n4, K: k, K4: k4, ...mapConstants("x", map, k) },
    tile,
    workgroups: flatWorkgroups(Math.ceil(m / tile.TILE_M) * Math.ceil(n4 / tile.TILE_N4)),
    cost: cost(shape),
  };
}

/** Vec4s of rows and columns of a tile of dW. */
function weightTile({ k, n }: MatmulShape): { TILE_K4: number; TILE_N4: number } {
  return { TILE_K4: Math.min(2, vec4Count(k)), TILE_N4: Math.min(2, vec4Count(n)) };
}

/** How often the two gradients of a product [M, K] × [K, N] load each element of dY together. */
export function loadsOfGradient(shape: MatmulShape): number {
  const k4 = vec4Count(shape.k);
  return Math.ceil(k4 / columnTile(k4)) + Math.ceil(k4 / weightTile(shape).TILE_K4);
}

/**
 * Partial sums of dW = Xᵀ dY over `slices` slices of the rows, with X and dY read through maps; sum them with
 * {@link sumSlices} unless there is only one. Bindings: `x` and `dy` with what their maps need, `dw` [slices, K, N].
 */
export function matmulWeightGradient(
  shape: MatmulShape,
  parallelism: number,
  map: LoadMap = "none",
  gradientMap: LoadMap = "none",
): { dispatch: Dispatch; slices: number } {
  const tile = weightTile(shape);
  const tiles = Math.ceil(vec4Count(shape.k) / tile.TILE_K4) * Math.ceil(vec4Count(shape.n) / tile.TILE_N4);
  const { slices, sliceLength } = splitReduction(shape.m, tiles, parallelism, 32);
  const dispatch: Dispatch = {
    kernel: "matmul_weight_gradient",
    source: weightGradient,
    bindings: [...mapped("x", map, shape.k), ...mapped("dy", gradientMap, shape.n), writes("dw")],
    constants: {
      M: shape.m,
      K: shape.k,
      K4: vec4Count(shape.k),
      N4: vec4Count(shape.n),
      ...mapConstants("x", map, shape.k),
      ...mapConstants("dy", gradientMap, shape.n),
      SLICES: slices,
      SLICE_ROWS: sliceLength,
    },
    tile,
    workgroups: flatWorkgroups(tiles * slices),
    cost: cost(shape),
  };
  return { dispatch, slices };
}
