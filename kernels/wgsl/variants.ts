/**
 * The variants of kernels that come in several: one algorithm rarely fits both a software adapter and a GPU, or both a
 * wide layer and a narrow one. Which one runs is decided by the adapter's class and the shape, unless it was chosen.
 */
import type { Dispatch, VariantWork } from "./dispatch.ts";
import type { Choices, Target } from "./target.ts";

/** A tile of a product that a workgroup makes together, and a thread's part of it; both count vec4s where a 4 says so. */
export interface ProductTile {
  /** Rows of the tile. */
  readonly rows: number;
  /** At most so many vec4s of columns. */
  readonly columns4: number;
  /** Rows of a thread. */
  readonly threadRows: number;
  /** Vec4s of columns of a thread. */
  readonly threadColumns4: number;
}

/** A tile of a weight gradient that a workgroup makes together; a thread has one vec4 of its columns. */
export interface WeightTile {
  /** At most so many vec4s of rows. */
  readonly rows4: number;
  /** At most so many vec4s of columns. */
  readonly columns4: number;
  /** Vec4s of rows of a thread. */
  readonly threadRows4: number;
}

/** Tiles of the workgroup-tiled product, largest first. */
export const PRODUCT_TILES = {
  "tiled 128×64": { rows: 128, columns4: 16, threadRows: 8, threadColumns4: 2 },
  "tiled 64×64": { rows: 64, columns4: 16, threadRows: 4, threadColumns4: 2 },
  "tiled 128×32": { rows: 128, columns4: 8, threadRows: 8, threadColumns4: 1 },
  "tiled 32×32": { rows: 32, columns4: 8, threadRows: 4, threadColumns4: 1 },
} as const satisfies Record<string, ProductTile>;

/** Tiles of the workgroup-tiled weight gradient. */
export const WEIGHT_TILES = {
  "tiled 64×64": { rows4: 16, columns4: 16, threadRows4: 2 },
  "tiled 32×128": { rows4: 8, columns4: 32, threadRows4: 1 },
  "tiled 128×32": { rows4: 32, columns4: 8, threadRows4: 2 },
  "tiled 32×32": { rows4: 8, columns4: 8, threadRows4: 1 },
} as const satisfies Record<string, WeightTile>;

/** Outputs of a depthwise convolution that a thread computes together. */
export interface DepthwiseTile {
  /** With stride 1: so many in all. */
  readonly outputs: number;
  /** With stride 1: at most so many of them in a row. */
  readonly columns: number;
  /** With stride 2, where neighbors share little of what they read: so many in a row. */
  readonly strided: number;
}

/**
 * A thread of the large tile holds 60 vec4s of pixels and 32 sums, more than the 255 registers of a GPU's thread. The
 * small one's 16 and 4 leave room for 20 warps on a multiprocessor, enough to keep its memory busy; what neighboring
 * threads then load twice comes from its cache.
 */
export const DEPTHWISE_TILES = {
  large: { outputs: 32, columns: 8, strided: 4 },
  small: { outputs: 4, columns: 2, strided: 2 },
} as const satisfies Record<string, DepthwiseTile>;

/** Register tiles without workgroup memory: matmul.wgsl and matmul_weight_gradient.wgsl. */
export const REGISTER = "register";

/** A product's variant. */
export type ProductVariant = typeof REGISTER | keyof typeof PRODUCT_TILES;
/** A weight gradient's variant. */
export type WeightVariant = typeof REGISTER | keyof typeof WEIGHT_TILES;
/** A depthwise convolution's variant. */
export type DepthwiseVariant = keyof typeof DEPTHWISE_TILES;

const PRODUCTS = [REGISTER, ...Object.keys(PRODUCT_TILES)];
const DEPTHWISE = Object.keys(DEPTHWISE_TILES);

/** The names of all variants, by the name of the computation. */
export const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  matmul: PRODUCTS,
  matmul_transposed: PRODUCTS,
  matmul_weight_gradient: [REGISTER, ...Object.keys(WEIGHT_TILES)],
  depthwise_conv: DEPTHWISE,
  depthwise_conv_input_gradient: DEPTHWISE,
  depthwise_conv_weight_gradient: DEPTHWISE,
};

/**
 * What `make` makes of the variant that was chosen for a key, or else of `byDefault`, with a dispatch that can run as the
 * others. The key begins with the computation's name.
 *
 * @param work all that runs for a variant, in order.
 */
export function tunable<V extends string, M extends { readonly dispatch: Dispatch }>(
  target: Target,
  key: string,
  byDefault: V,
  make: (variant: V) => M,
  work: (made: M) => VariantWork[],
): M {
  const variant = target.choices.get(key) as V | undefined ?? byDefault;
  const as = (other: string) => work(make(other as V));
  const made = make(variant);
  return { ...made, dispatch: { ...made.dispatch, tunable: { key, variant, as } } };
}

/** The variants that a key may have; none for a computation that is not known. */
export function variantsOf(key: string): readonly string[] {
  return VARIANTS[key.replace(/ .*/, "")] ?? [];
}

/**
 * Choices from a record of variants by key, as files hold them.
 *
 * @throws {Error} when it is no such record, or names a variant that there is not.
 */
export function parseChoices(value: unknown): Choices {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("the chosen variants are no record");
  }
  const choices = new Map<string, string>();
  for (const [key, variant] of Object.entries(value)) {
    if (!variantsOf(key).includes(variant)) {
      throw new Error(`there is no variant ${JSON.stringify(variant)} of ${key}`);
    }
    choices.set(key, variant);
  }
  return choices;
}
