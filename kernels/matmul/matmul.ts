/**
 * Geometry of the matrix product Y = X W and of its two gradients. Shapes: X [M, K], W [K, N], Y [M, N]. Here are the
 * register tiles, and which variant runs; matmul_tiled.ts has those in workgroup memory.
 */
import {
  type Dispatch,
  type Epilogue,
  epilogueBindings,
  flatWorkgroups,
  type Prologue,
  prologueBindings,
  prologueConstants,
  prologueShapes,
  reads,
  writes,
} from "../wgsl/dispatch.ts";
import { leavingGradientSums, leavingStatistics, type Left } from "../batch_norm/epilogues.ts";
import type { MatmulShape } from "./matmul_shape.ts";
import {
  columnTiles,
  productDefault,
  rowTiles,
  tiledProduct,
  tiledWeightGradient,
  tileRows,
  weightDefault,
} from "./matmul_tiled.ts";
import { VEC4_BYTES, vec4Count } from "../wgsl/storage.ts";
import { splitReduction, sumWork } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import {
  PRODUCT_TILES,
  type ProductVariant,
  REGISTER,
  tunable,
  WEIGHT_TILES,
  type WeightVariant,
} from "../wgsl/variants.ts";
import product from "./matmul.wgsl" with { type: "text" };
import block from "./matmul_block.wgsl" with { type: "text" };
import weightGradient from "./matmul_weight_gradient.wgsl" with { type: "text" };

function cost({ m, k, n }: MatmulShape): { flops: number; bytes: number } {
  const [k4, n4] = [vec4Count(k), vec4Count(n)];
  return { flops: 2 * m * k * n, bytes: (m * k4 + k * n4 + m * n4) * VEC4_BYTES };
}

function keyOf(name: string, { m, k, n }: MatmulShape, ...prologues: Prologue[]): string {
  return [name, `${m}×${k}×${n}`, ...prologues].join(" ");
}

/** Vec4s of columns for a register tile: at most four, and no more than are used. */
function columnTile(n4: number): number {
  const tiles = Math.ceil(n4 / 4);
  return Math.ceil(n4 / tiles);
}

/** Y = X W with X read through `prologue`. Bindings: `x` (and `x_coefficients`), `w`, `y` and what its epilogue needs. */
export function matmul(
  shape: MatmulShape,
  target: Target,
  prologue: Prologue = "none",
  epilogue: Epilogue = {},
): Dispatch {
  return anyProduct("matmul", shape, target, prologue, epilogue);
}

/**
 * Y = X Wᵀ with W [N, K] and X read through `prologue`: of X = dY [M, N] and W [K, N] it makes dX. Bindings: `x` and what its
 * prologue needs, `w`, `y` and what its epilogue needs.
 */
export function matmulTransposed(
  shape: MatmulShape,
  target: Target,
  prologue: Prologue = "none",
  epilogue: Epilogue = {},
): Dispatch {
  return anyProduct("matmul_transposed", shape, target, prologue, epilogue);
}

function anyProduct(
  name: "matmul" | "matmul_transposed",
  shape: MatmulShape,
  target: Target,
  prologue: Prologue,
  epilogue: Epilogue,
): Dispatch {
  const { m, k, n } = shape;
  const [k4, n4] = [vec4Count(k), vec4Count(n)];
  const transposed = name === "matmul_transposed";
  const make = (variant: ProductVariant) => {
    const operation = {
      bindings: [...prologueBindings("x", prologue, k), reads("w"), ...epilogueBindings("y", epilogue)],
      constants: { M: m, N: n, N4: n4, K: k, K4: k4, ...prologueConstants("x", prologue, k) },
      cost: cost(shape),
    };
    if (variant === REGISTER) {
      return { dispatch: { ...operation, ...registerProduct(name, m, n4, transposed) } };
    }
    const tile = PRODUCT_TILES[variant];
    const tiled = (left: Left): Dispatch => ({
      ...operation,
      ...tiledProduct(name, m, n4, tile, transposed, left),
    });
    const sliceRows = tileRows(tile);
    const slices = { slices: Math.ceil(m / sliceRows), sliceRows };
    const withStatistics = () => leavingStatistics(tiled("statistics"), m, n, slices);
    const withGradientSums = (relu6: boolean) =>
      leavingGradientSums(tiled(relu6 ? "relu6 sums" : "sums"), relu6, m, n, slices);
    return { dispatch: { ...tiled("nothing"), withStatistics, withGradientSums } };
  };
  const shapes = {
    ...prologueShapes("x", prologue, [m, k]),
    w: transposed ? [n, k] : [k, n],
    y: [m, n],
    y_bias: [1, n],
    y_addend: [m, n],
  };
  const byDefault = target.adapterClass === "software" ? REGISTER : productDefault(shape, transposed, target);
  const key = keyOf(name, shape, prologue);
  return tunable(target, key, byDefault, make, ({ dispatch }) => [{ dispatch, shapes }]).dispatch;
}

function registerProduct(kernel: string, m: number, n4: number, transposed: boolean) {
  const tile = { TILE_M: 8, TILE_N4: columnTile(n4), TRANSPOSED: transposed ? 1 : 0 };
  const threads = Math.ceil(m / tile.TILE_M) * Math.ceil(n4 / tile.TILE_N4);
  return { kernel, source: [block, product].join("\n"), tile, workgroups: flatWorkgroups(threads) };
}

/** Vec4s of rows and columns of a register tile of dW. */
function weightTile({ k, n }: MatmulShape): { TILE_K4: number; TILE_N4: number } {
  return { TILE_K4: Math.min(2, vec4Count(k)), TILE_N4: Math.min(2, vec4Count(n)) };
}

/** How often the two gradients of a product [M, K] × [K, N] load each element of dY together, by default. */
export function loadsOfGradient(shape: MatmulShape, target: Target): number {
  const k4 = vec4Count(shape.k);
  if (target.adapterClass === "software") {
    return Math.ceil(k4 / columnTile(k4)) + Math.ceil(k4 / weightTile(shape).TILE_K4);
  }
  const dx = productDefault({ m: shape.m, k: shape.n, n: shape.k }, true, target);
  const tiles = columnTiles(k4, PRODUCT_TILES[dx]) + rowTiles(k4, WEIGHT_TILES[weightDefault(shape)]);
  // Tiles that load the same elements run beside each other and find some of them in the caches: three cost as much as two.
  return tiles * 2 / 3;
}

/**
 * Partial sums of dW = Xᵀ dY over `slices` slices of the rows, with X and dY read through prologues; sum them with
 * {@link sumSlices} unless there is only one. Bindings: `x` and `dy` with what their prologues need, `dw` [slices, K, N].
 */
export function matmulWeightGradient(
  shape: MatmulShape,
  target: Target,
  prologue: Prologue = "none",
  gradientPrologue: Prologue = "none",
): { dispatch: Dispatch; slices: number } {
  const { m, k, n } = shape;
  const [k4, n4] = [vec4Count(k), vec4Count(n)];
  const make = (variant: WeightVariant): { dispatch: Dispatch; slices: number } => {
    const { slices, sliceLength, ...geometry } = variant === REGISTER
      ? registerWeightGradient(shape, target)
      : tiledWeightGradient(shape, WEIGHT_TILES[variant], target);
    const dispatch: Dispatch = {
      ...geometry,
      bindings: [
        ...prologueBindings("x", prologue, k),
        ...prologueBindings("dy", gradientPrologue, n),
        writes("dw"),
      ],
      constants: {
        M: m,
        K: k,
        K4: k4,
        N4: n4,
        ...prologueConstants("x", prologue, k),
        ...prologueConstants("dy", gradientPrologue, n),
        SLICES: slices,
        SLICE_ROWS: sliceLength,
      },
      cost: cost(shape),
    };
    return { dispatch, slices };
  };
  const operands = {
    ...prologueShapes("x", prologue, [m, k]),
    ...prologueShapes("dy", gradientPrologue, [m, n]),
  };
  const byDefault = target.adapterClass === "software" ? REGISTER : weightDefault(shape);
  const key = keyOf("matmul_weight_gradient", shape, prologue, gradientPrologue);
  return tunable(target, key, byDefault, make, ({ dispatch, slices }) => [
    { dispatch, shapes: { ...operands, dw: [slices, k, n] } },
    ...sumWork(slices, [k, n], target),
  ]);
}

function registerWeightGradient(shape: MatmulShape, { parallelism }: Target) {
  const tile = weightTile(shape);
  const tiles = Math.ceil(vec4Count(shape.k) / tile.TILE_K4) * Math.ceil(vec4Count(shape.n) / tile.TILE_N4);
  const split = splitReduction(shape.m, tiles, parallelism, 32);
  const workgroups = flatWorkgroups(tiles * split.slices);
  return { kernel: "matmul_weight_gradient", source: weightGradient, tile, workgroups, ...split };
}
