/** MobileNetV2 without its classifier: see `network_layers.ts`. */
import { globalAveragePool } from "../engine/ops/pool.ts";
import type { ParameterSet } from "../engine/parameter.ts";
import type { Random } from "../engine/random.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Mode, NormOptions } from "./layers/batch_norm.ts";
import { NormedConv, type Padding } from "./layers/normed_conv.ts";
import { featureCount, type NetworkLayer, networkLayers } from "./network_layers.ts";

/** Options of a MobileNetV2. */
export interface MobileNetOptions extends NormOptions {
  /** Width multiplier: channels are c · width, rounded to multiples of 8. */
  readonly width: number;
  /** Where convolutions of stride 2 put their padding. */
  readonly padding: Padding;
  /**
   * Whether residual blocks start silent: the gamma of the batch norm that ends such a block starts at 0, so that the
   * block initially passes its input on unchanged. The gradient then reaches the other blocks undisturbed, and learning
   * rates can be higher: see docs/training.md. From Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1, for
   * residual networks in general. Default false.
   */
  readonly silentResiduals?: boolean;
}

/** Settings of the paper's reference implementation, at width 1. */
export const MOBILENET_DEFAULTS: MobileNetOptions = {
  width: 1,
  padding: "same",
  epsilon: 1e-3,
  momentum: 0.9,
};

/** The network up to its pooled features. */
export class MobileNetV2 {
  /** Number of features: 1280, or 1280 · width for widths above 1. */
  readonly features: number;
  readonly #layers: readonly { readonly layer: NetworkLayer; readonly conv: NormedConv }[];

  /**
   * Adds the network's parameters to a set, with initial values by Glorot and Bengio 2010 drawn from `random`.
   *
   * @throws {RangeError} When the width multiplier is not above 0.
   */
  constructor(set: ParameterSet, random: Random, options: MobileNetOptions) {
    if (!(options.width > 0)) {
      throw new RangeError(`The width multiplier must be above 0; got ${options.width}`);
    }
    this.features = featureCount(options.width);
    this.#layers = networkLayers(options.width).map((layer) => {
      const { name, part, from, to, stride, residual } = layer;
      if (part === "stem") {
        return { layer, conv: NormedConv.full(set, name, random, from, to, { ...options, stride }) };
      }
      if (part === "depthwise") {
        return { layer, conv: NormedConv.depthwise(set, name, random, to, { ...options, stride }) };
      }
      const scale = residual && options.silentResiduals ? 0 : 1;
      const relu6 = part !== "project";
      return { layer, conv: NormedConv.pointwise(set, name, random, from, to, { ...options, relu6, scale }) };
    });
  }

  /** Images [N, H, W, 3], normalized → pooled features [N, {@link features}]. */
  apply(images: Tensor, mode: Mode): Tensor {
    return globalAveragePool(this.featureMap(images, mode));
  }

  /** Images [N, H, W, 3], normalized → the last feature map [N, H / 32, W / 32, {@link features}], sizes rounded up. */
  featureMap(images: Tensor, mode: Mode): Tensor {
    let x = images, blockInput = images;
    for (const { layer, conv } of this.#layers) {
      if (layer.startsBlock) blockInput = x;
      x = conv.apply(x, mode, layer.residual ? blockInput : undefined);
    }
    return x;
  }
}
