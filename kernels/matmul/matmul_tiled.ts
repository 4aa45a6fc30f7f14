/** Geometry of the matrix product and of its weights' gradient where a workgroup makes a tile together. */
import { type Dispatch, foldWorkgroups } from "../wgsl/dispatch.ts";
import type { MatmulShape } from "./matmul_shape.ts";
import { vec4Count } from "../wgsl/storage.ts";
import { splitReduction } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import { PRODUCT_TILES, type ProductTile, type WeightTile } from "../wgsl/variants.ts";
import statisticsEpilogue from "../batch_norm/batch_norm_epilogue.wgsl" with { type: "text" };
import block from "./matmul_block.wgsl" with { type: "text" };
import product from "./matmul_tiled.wgsl" with { type: "text" };
import weightGradient from "./matmul_weight_gradient_tiled.wgsl" with { type: "text" };

/** Vec4s along K that are staged at a time. */
const STEP_K4 = 4;
/** Rows that are staged at a time for a weight gradient. */
const STEP_M = 16;
/** Rows of a slice of a weight gradient that are worth a workgroup's start and its partial sum. */
const SHORTEST_SLICE = 64;

/** Divides `size` evenly into pieces of at most `most`, each a multiple of `step`. */
function evenly(size: number, most: number, step: number): number {
  const pieces = Math.ceil(size / most);
  return Math.ceil(size / pieces / step) * step;
}

/** Vec4s of columns of a tile: the fewest for the same number of tiles, so that none are idle. */
export function tiledColumns(n4: number, tile: ProductTile): number {
  return evenly(n4, tile.columns4, tile.threadColumns4);
}

function productTiles(m: number, n4: number, tile: ProductTile): { groups: number; threads: number } {
  const columns4 = tiledColumns(n4, tile);
  return {
    groups: Math.ceil(m / tile.rows) * Math.ceil(n4 / columns4),
    threads: (tile.rows / tile.threadRows) * (columns4 / tile.threadColumns4),
  };
}

/** The largest tile with which a product still gives an adapter enough to do; none wider than the result. */
export function largestTile(m: number, n4: number, parallelism: number): keyof typeof PRODUCT_TILES {
  for (const name of Object.keys(PRODUCT_TILES) as (keyof typeof PRODUCT_TILES)[]) {
    const tile = PRODUCT_TILES[name];
    const { groups, threads } = productTiles(m, n4, tile);
    // Half will do: threads that have more to do hide more of their waiting themselves.
    if ((n4 > 8 || tile.columns4 <= 8) && groups * threads >= parallelism / 2) return name;
  }
  return "tiled 32×32";
}

/** Kernel, shader, tile and workgroups of a product. */
export function tiledProduct(
  name: string,
  m: number,
  n4: number,
  tile: ProductTile,
  transposed: boolean,
  statistics: boolean,
): Pick<Dispatch, "kernel" | "source" | "tile" | "workgroups"> {
  const { groups, threads } = productTiles(m, n4, tile);
  const columns4 = tiledColumns(n4, tile);
  return {
    kernel: `${name}_tiled`,
    source: [...(statistics ? [statisticsEpilogue] : []), block, product].join("\n"),
    tile: {
      TILE_M: tile.rows,
      TILE_N4: columns4,
      ROWS: tile.threadRows,
      COLUMNS4: tile.threadColumns4,
      STEP_K4,
      THREADS: threads,
      X_TURNS: Math.ceil(tile.rows * STEP_K4 / threads),
      W_TURNS: Math.ceil(STEP_K4 * columns4 / threads),
      TRANSPOSED: transposed ? 1 : 0,
      STATISTICS: statistics ? 1 : 0,
      LANE_ROWS: tile.rows / tile.threadRows,
      LANE_COLUMNS: columns4 / tile.threadColumns4,
    },
    workgroups: foldWorkgroups(groups),
  };
}

/** Kernel, shader, tile, workgroups and slices of a weight gradient. */
export function tiledWeightGradient(
  { m, k, n }: MatmulShape,
  { rows4, columns4, threadRows4 }: WeightTile,
  { parallelism }: Target,
): Pick<Dispatch, "kernel" | "source" | "tile" | "workgroups"> & { slices: number; sliceLength: number } {
  const [k4, n4] = [vec4Count(k), vec4Count(n)];
  const tileN4 = evenly(n4, columns4, 1);
  // With few columns, threads with many rows would be too few to stage them.
  const ownRows4 = Math.min(threadRows4, tileN4);
  const tileK4 = evenly(k4, rows4, ownRows4);
  const threads = (tileK4 / ownRows4) * tileN4;
  const tiles = Math.ceil(k4 / tileK4) * Math.ceil(n4 / tileN4);
  const wanted = splitReduction(m, tiles * threads, parallelism, SHORTEST_SLICE);
  const sliceLength = Math.ceil(wanted.sliceLength / STEP_M) * STEP_M;
  const slices = Math.ceil(m / sliceLength);
  return {
    kernel: "matmul_weight_gradient_tiled",
    source: weightGradient,
    tile: { TILE_K4: tileK4, TILE_N4: tileN4, ROWS4: ownRows4, STEP_M, THREADS: threads },
    workgroups: foldWorkgroups(tiles * slices),
    slices,
    sliceLength,
  };
}
