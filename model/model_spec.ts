/** The settings that decide a network's shape and arithmetic, and how they are read from a file. */
import { COLOR_STATISTICS, type ColorScale } from "./conventions.ts";
import type { Padding } from "./layers/normed_conv.ts";
import { keysOf, readSettings, type Row } from "./settings.ts";

/**
 * The neck n, a batch norm without shift, after the features f (pooled, or projected where there is a projection):
 * - `none`: no neck. Triplet losses and the identity head use f;
 * - `embedding`: triplet losses and the identity head use n(f);
 * - `bnneck`: triplet and center loss use f, not normalized, as in the paper; the identity head, without bias, uses n(f).
 *
 * For triplet losses, `none` and `embedding` scale features to length one where embeddings have length one.
 */
export const NECKS = ["none", "embedding", "bnneck"] as const;

/** One of {@link NECKS}. */
export type Neck = typeof NECKS[number];

/** Whether embeddings are features before the neck (f) or after it (n(f)): see {@link NECKS}. */
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
  /** Size of the projection of the pooled features; 0 for no projection. */
  readonly embeddingSize: number;
  /** The neck between features and losses. */
  readonly neck: Neck;
  /** Whether embeddings are taken before or after the neck. */
  readonly testFeature: TestFeature;
  /** Whether embeddings have length one. */
  readonly normalize: boolean;
  /** Classes of the identity head, or 0 for none. */
  readonly identities: number;
  /** Where convolutions of stride 2 put their padding. */
  readonly padding: Padding;
  /** Added to the variance in every batch norm. */
  readonly epsilon: number;
  /** Share of batch norm's running statistics that stays at every step. */
  readonly momentum: number;
  /** How pixels are scaled before the first layer. */
  readonly color: ColorScale;
}

/** Larger ranges than those of the settings: beyond them a file is corrupt, and must not fill the memory. */
const MODEL_SPEC = {
  width: { type: "number", above: 0, max: 16 },
  imageHeight: { type: "integer", min: 1, max: 4096 },
  imageWidth: { type: "integer", min: 1, max: 4096 },
  embeddingSize: { type: "integer", min: 0, max: 65_536 },
  neck: { type: "choice", choices: NECKS },
  testFeature: { type: "choice", choices: TEST_FEATURES },
  normalize: { type: "boolean" },
  identities: { type: "integer", min: 0, max: 1_000_000 },
  padding: { type: "choice", choices: ["same", "symmetric"] },
  epsilon: { type: "number", min: 0 },
  momentum: { type: "number", min: 0 },
  color: { type: "choice", choices: keysOf(COLOR_STATISTICS), formerly: "colour" },
} as const satisfies Record<keyof ModelSpec, Row>;

/**
 * Reads the settings of a network from a file.
 *
 * @throws {Error} if one is missing or not allowed; the message names it.
 */
export function parseModelSpec(value: unknown): ModelSpec {
  return readSettings(MODEL_SPEC, value);
}
