/**
 * Differences between the published implementations of MobileNetV2 that do not show in the shapes of the weights.
 * Weights only give the right features with the conventions of the implementation that trained them.
 */
import { type ColorStatistics, IMAGENET_COLOR } from "../engine/mod.ts";
import type { NormOptions } from "./layers/batch_norm.ts";
import type { Padding } from "./layers/normed_conv.ts";

/**
 * How pixels are scaled before the first layer. `imagenet` subtracts ImageNet's mean color and divides by its standard
 * deviation; `inception` maps 0 to 255 onto -1 to 1, named after the first network that did so.
 */
export type ColorScale = "imagenet" | "inception";

/** The mean and deviation of each {@link ColorScale}. */
export const COLOR_STATISTICS: Readonly<Record<ColorScale, ColorStatistics>> = {
  imagenet: IMAGENET_COLOR,
  inception: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
};

/** Padding, batch norm and input of an implementation. */
export interface Convention extends Pick<NormOptions, "epsilon"> {
  /** Where convolutions of stride 2 put their padding. */
  readonly padding: Padding;
  /** How pixels are scaled. */
  readonly color: ColorScale;
}

/** Names of the conventions: this program's own, for weights drawn at random, and those of published weights. */
export type ConventionKey = "own" | "torchvision" | "timm" | "keras";

const PYTORCH: Convention = { padding: "symmetric", epsilon: 1e-5, color: "imagenet" };

/**
 * Every convention by its name.
 *
 * - `own`: TensorFlow's padding and epsilon, ImageNet's colors.
 * - `torchvision`: `torchvision.models.mobilenet_v2`, torch's defaults of batch norm, ImageNet's colors.
 * - `timm`: `mobilenetv2_035` to `mobilenetv2_140` of timm, which pad as torchvision does. timm's `tf_` models, which
 *   pad as TensorFlow, have no MobileNetV2 among them.
 * - `keras`: `keras.applications.MobileNetV2`. Its explicit ZeroPadding2D before strided convolutions is SAME padding.
 *
 * The momentum of running statistics is none of them: it does not change what given weights compute.
 */
export const CONVENTIONS: Readonly<Record<ConventionKey, Convention>> = {
  own: { padding: "same", epsilon: 1e-3, color: "imagenet" },
  torchvision: PYTORCH,
  timm: PYTORCH,
  keras: { padding: "same", epsilon: 1e-3, color: "inception" },
};
