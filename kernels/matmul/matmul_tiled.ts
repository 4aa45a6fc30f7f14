/** Geometry of the matrix product and of its weights' gradient where a workgroup makes a tile together. */
import { epilogueText, type Left } from "../batch_norm/epilogues.ts";
import { type Dispatch, foldWorkgroups } from "../wgsl/dispatch.ts";
import type { MatmulShape } from "./matmul_shape.ts";
import { vec4Count } from "../wgsl/storage.ts";
import { splitReduction } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import { PRODUCT_TILES, type ProductTile, type WEIGHT_TILES, type WeightTile } from "../wgsl/variants.ts";
import block from "./matmul_block.wgsl" with { type: "text" };
import direct from "./matmul_direct.wgsl" with { type: "text" };
import staged from "./matmul_staged.wgsl" with { type: "text" };
import product from "./matmul_tiled.wgsl" with { type: "text" };
import weightGradient from "./matmul_weight_gradient_tiled.wgsl" with { type: "text" };

/** Workgroups have 8 × 8 threads, whatever the tile: few sizes of tiles make few shaders to compile. */
const SIDE = 8;
const LANES = { LANE_ROWS: SIDE, LANE_COLUMNS: SIDE, THREADS: SIDE ** 2 };
/** Rows of a slice of a weight gradient that are worth a workgroup's start and its partial sum. */
const SHORTEST_SLICE = 64;
/** The most rows of W that are not staged: one step of matmul_staged.wgsl. */
const DIRECT_K = 32;
/** The largest share of a tile's columns that may lie past the edge, on average, where a narrower tile would do. */
const MOST_IDLE = 1 / 8;

type TileName = keyof typeof PRODUCT_TILES;

/** How often a product whose result has `n4` vec4s of columns loads each element of its left operand. */
export function columnTiles(n4: number, { columns4 }: ProductTile): number {
  return Math.ceil(n4 / (SIDE * columns4));
}

function tilesOf(m: number, n4: number, tile: ProductTile): number {
  return Math.ceil(m / tileRows(tile)) * columnTiles(n4, tile);
}

/** The largest tile with which a product still gives an adapter enough to do. */
export function productDefault(
  { m, k, n }: MatmulShape,
  transposed: boolean,
  { parallelism }: Target,
): TileName {
  const n4 = vec4Count(n);
  const fills = (tile: ProductTile) => tilesOf(m, n4, tile) * LANES.THREADS >= parallelism;
  const { direct, ...tiles } = PRODUCT_TILES;
  // Transposed, neighboring threads would load numbers of W that are K apart.
  if (k <= DIRECT_K && !transposed && fills(direct)) return "direct";
  const names = Object.keys(tiles) as (keyof typeof tiles)[];
  const suits = (tile: ProductTile) =>
    fills(tile) &&
    (tile.columns4 === 1 || columnTiles(n4, tile) * SIDE * tile.columns4 <= (1 + MOST_IDLE) * n4);
  return names.find((name) => suits(tiles[name])) ?? "tiled 16×32";
}

/** Kernel, shader, tile and workgroups of a product. */
export function tiledProduct(
  name: string,
  m: number,
  n4: number,
  tile: ProductTile,
  transposed: boolean,
  left: Left,
): Pick<Dispatch, "kernel" | "source" | "tile" | "workgroups"> {
  const { rows, columns4, step4 } = tile;
  const epilogue = epilogueText(left);
  const steps = { STEP_K4: step4, X_TURNS: rows * step4 / SIDE, W_TURNS: columns4 * step4 / SIDE };
  return {
    kernel: step4 > 0 ? `${name}_tiled` : `${name}_direct`,
    source: [...epilogue.sources, block, step4 > 0 ? staged : direct, product].join("\n"),
    tile: {
      ROWS: rows,
      COLUMNS4: columns4,
      ...LANES,
      ...(step4 > 0 && steps),
      TRANSPOSED: transposed ? 1 : 0,
      ...epilogue.tile,
    },
    workgroups: foldWorkgroups(tilesOf(m, n4, tile)),
  };
}

/** Rows of a tile. */
export function tileRows({ rows }: ProductTile): number {
  return SIDE * rows;
}

/** Small tiles where a side fits in one. */
export function weightDefault({ k, n }: MatmulShape): keyof typeof WEIGHT_TILES {
  return Math.min(k, n) <= 32 ? "tiled 32×32" : "tiled 64×64";
}

/** How often a weight gradient loads each element of dY. */
export function rowTiles(k4: number, { rows4 }: WeightTile): number {
  return Math.ceil(k4 / (SIDE * rows4));
}

/** Kernel, shader, tile, workgroups and slices of a weight gradient. */
export function tiledWeightGradient(
  { m, k, n }: MatmulShape,
  tile: WeightTile,
  { parallelism }: Target,
): Pick<Dispatch, "kernel" | "source" | "tile" | "workgroups"> & { slices: number; sliceLength: number } {
  const { rows4, columns4, step } = tile;
  const tiles = rowTiles(vec4Count(k), tile) * Math.ceil(vec4Count(n) / (SIDE * columns4));
  const wanted = splitReduction(m, tiles * LANES.THREADS, parallelism, SHORTEST_SLICE);
  const sliceLength = Math.ceil(wanted.sliceLength / step) * step;
  const slices = Math.ceil(m / sliceLength);
  return {
    kernel: "matmul_weight_gradient_tiled",
    source: weightGradient,
    tile: {
      ROWS4: rows4,
      COLUMNS4: columns4,
      ...LANES,
      STEP_M: step,
      X_TURNS: rows4 * step / SIDE,
      DY_TURNS: columns4 * step / SIDE,
    },
    workgroups: foldWorkgroups(tiles * slices),
    slices,
    sliceLength,
  };
}
