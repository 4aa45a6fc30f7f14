/**
 * The variants of kernels that come in several: one algorithm rarely fits both a software adapter and a GPU, or both a
 * wide layer and a narrow one. Which one runs is decided by the adapter's class and the shape, unless it was chosen.
 */
import type { Dispatch, VariantWork } from "./dispatch.ts";
import type { Choices, Target } from "./target.ts";

/** A thread's part of a product that a workgroup of 8 × 8 threads makes together; vec4s are counted where a 4 says so. */
export interface ProductTile {
  /** Rows of a thread. */
  readonly rows: number;
  /** Vec4s of columns of a thread. */
  readonly columns4: number;
  /** Vec4s along K that are staged in workgroup memory at a time; 0 where nothing is. */
  readonly step4: number;
}

/** A thread's part of a weight gradient that a workgroup of 8 × 8 threads makes together. */
export interface WeightTile {
  /** Vec4s of rows of a thread. */
  readonly rows4: number;
  /** Vec4s of columns of a thread. */
  readonly columns4: number;
  /** Rows of X and dY that are staged at a time. */
  readonly step: number;
}

/** Tiles of the product for GPUs: without workgroup memory, then those in it, largest first. */
export const PRODUCT_TILES = {
  direct: { rows: 8, columns4: 1, step4: 0 },
  "tiled 64×64": { rows: 8, columns4: 2, step4: 4 },
  "tiled 32×32": { rows: 4, columns4: 1, step4: 8 },
  "tiled 16×32": { rows: 2, columns4: 1, step4: 8 },
} as const satisfies Record<string, ProductTile>;

/** Tiles of the weight gradient for GPUs. */
export const WEIGHT_TILES = {
  "tiled 64×64": { rows4: 2, columns4: 2, step: 8 },
  "tiled 32×32": { rows4: 1, columns4: 1, step: 16 },
} as const satisfies Record<string, WeightTile>;

/** Outputs in a row that a thread of a depthwise convolution computes together. */
export interface DepthwiseTile {
  /** With stride 1: at most so many. */
  readonly columns: number;
  /** With stride 2, where neighbors share little of what they read. */
  readonly strided: number;
}

/**
 * The wider a row, the fewer pixels are loaded twice. But three rows of 10 pixels, and 9 weights, are more than half of the 255
 * registers of a GPU's thread. The small tile leaves room for 20 warps on a multiprocessor, enough to keep its memory busy;
 * what neighboring threads then load twice comes from its cache.
 */
export const DEPTHWISE_TILES = {
  large: { columns: 8, strided: 4 },
  small: { columns: 2, strided: 2 },
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
