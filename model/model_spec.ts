/** What decides a network's shape and arithmetic, and how it is read from a file. */
import { COLOR_STATISTICS, type ColorScale } from "./conventions.ts";
import { type FieldTypes, readFields } from "./fields.ts";
import type { Padding } from "./layers.ts";

/**
 * What stands between the features f (pooled, or projected where there is a projection) and the losses:
 * - `none`: triplet losses compare f, of length one where embeddings are; the identity head reads f;
 * - `embedding`: triplet losses compare n(f), of length one where embeddings are; the identity head reads n(f);
 * - `bnneck`: triplet and center loss compare f as it is, as in the paper; the identity head, without bias, reads n(f),
 *
 * where n is a batch norm without shift.
 */
export const NECKS = ["none", "embedding", "bnneck"] as const;

/** One of {@link NECKS}. */
export type Neck = typeof NECKS[number];

/** Whether an embedding is made of f or of n(f): see {@link NECKS}. Without a neck both are f. */
export const TEST_FEATURES = ["before", "after"] as const;

/** One of {@link TEST_FEATURES}. */
export type TestFeature = typeof TEST_FEATURES[number];

/** Everything that decides the network's shape and arithmetic; kept in checkpoints. */
export interface ModelSpec {
  /** Width multiplier of MobileNetV2. */
  readonly width: number;
  /** Height of the input in pixels. */
  readonly imageHeight: number;
  /** Width of the input in pixels. */
  readonly imageWidth: number;
  /** Size of the projection of the pooled features, or 0: the features are the embedding. */
  readonly embeddingSize: number;
  /** What stands between features and losses. */
  readonly neck: Neck;
  /** On which side of the neck embeddings are taken. */
  readonly testFeature: TestFeature;
  /** Whether embeddings have length one. */
  readonly normalize: boolean;
  /** Classes of the identity head, or 0 for none. */
  readonly identities: number;
  /** Where convolutions of stride 2 put their padding. */
  readonly padding: Padding;
  /** What batch norm adds to the variance. */
  readonly epsilon: number;
  /** Share of batch norm's running statistics that stays at every step. */
  readonly momentum: number;
  /** How pixels are scaled before the first layer. */
  readonly color: ColorScale;
}

/** Beyond what any flag allows: a file that says more is broken, and is not to fill the memory. */
const MAX_WIDTH = 16;
const SIZES = {
  imageHeight: [1, 4096],
  imageWidth: [1, 4096],
  embeddingSize: [0, 65_536],
  identities: [0, 1_000_000],
} as const;

const MODEL_TYPES: FieldTypes<ModelSpec> = {
  width: "number",
  imageHeight: "number",
  imageWidth: "number",
  embeddingSize: "number",
  neck: "string",
  testFeature: "string",
  normalize: "boolean",
  identities: "number",
  padding: "string",
  epsilon: "number",
  momentum: "number",
  color: "string",
};

/**
 * A network's settings as they were read from a file.
 *
 * @throws {Error} when one is missing or has no meaning; the message names it.
 */
export function parseModelSpec(value: unknown): ModelSpec {
  const model = readFields<ModelSpec>(value, MODEL_TYPES);
  if (model.padding !== "same" && model.padding !== "symmetric") {
    throw new Error(`there is no padding ${model.padding}`);
  }
  checkNeck(model);
  if (!Object.hasOwn(COLOR_STATISTICS, model.color)) throw new Error(`there is no color ${model.color}`);
  if (!(model.width > 0 && model.width <= MAX_WIDTH)) throw new Error(`its width is ${model.width}`);
  for (const [name, [least, most]] of Object.entries(SIZES) as [keyof typeof SIZES, [number, number]][]) {
    const size = model[name];
    if (!Number.isInteger(size) || size < least || size > most) throw new Error(`its ${name} is ${size}`);
  }
  return model;
}

/** @throws {Error} when there is no such neck, or no such side of it. */
export function checkNeck({ neck, testFeature }: { neck: Neck; testFeature: TestFeature }): void {
  if (!NECKS.includes(neck)) throw new Error(`there is no neck ${neck}`);
  if (!TEST_FEATURES.includes(testFeature)) throw new Error(`there is no feature ${testFeature} the neck`);
}
