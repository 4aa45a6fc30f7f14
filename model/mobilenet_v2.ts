/**
 * MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: Inverted Residuals and Linear
 * Bottlenecks", 2018), without its classifier.
 */
import { globalAveragePool } from "../engine/ops/pool.ts";
import type { ParameterSet } from "../engine/parameter.ts";
import type { Random } from "../engine/random.ts";
import type { Tensor } from "../engine/tensor.ts";
import { type Mode, NormedConv, type NormOptions, type Padding } from "./layers.ts";

/** Table 2 of the paper: expansion factor t, output channels c, repeats n, stride s of the first. */
export const STAGES: readonly { t: number; c: number; n: number; s: number }[] = [
  { t: 1, c: 16, n: 1, s: 1 },
  { t: 6, c: 24, n: 2, s: 2 },
  { t: 6, c: 32, n: 3, s: 2 },
  { t: 6, c: 64, n: 4, s: 2 },
  { t: 6, c: 96, n: 3, s: 1 },
  { t: 6, c: 160, n: 3, s: 2 },
  { t: 6, c: 320, n: 1, s: 1 },
];

/** What a MobileNetV2 is built from. */
export interface MobileNetOptions extends NormOptions {
  /** Width multiplier: channels are c · width, rounded to multiples of 8. */
  readonly width: number;
  /** Where convolutions of stride 2 put their padding. */
  readonly padding: Padding;
  /**
   * Whether residual blocks begin silent: the gamma of the batch norm that ends such a block starts at 0, so that at
   * first the block hands on its input as it is, and takes part as far as it helps. With these blocks out of the way
   * the gradient reaches the others undisturbed, and learning rates can be higher: see docs/training.md. Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1, for residual networks in general.
   * Default false.
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

/** Channels rounded to the nearest multiple of 8, but never by more than a tenth down. */
export function makeDivisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** Expand (1×1, ReLU6), filter each channel (3×3, ReLU6), project (1×1, linear); add the input where shapes agree. */
class InvertedResidual {
  readonly expand: NormedConv | undefined;
  readonly depthwise: NormedConv;
  readonly project: NormedConv;
  readonly residual: boolean;

  constructor(
    set: ParameterSet,
    name: string,
    random: Random,
    from: number,
    to: number,
    { t, stride, ...options }: { t: number; stride: number } & MobileNetOptions,
  ) {
    const hidden = from * t;
    this.residual = stride === 1 && from === to;
    if (t !== 1) {
      this.expand = NormedConv.pointwise(set, `${name}.expand`, random, from, hidden, {
        ...options,
        relu6: true,
      });
    }
    this.depthwise = NormedConv.depthwise(set, `${name}.depthwise`, random, hidden, { ...options, stride });
    this.project = NormedConv.pointwise(set, `${name}.project`, random, hidden, to, {
      ...options,
      relu6: false,
      scale: this.residual && options.silentResiduals ? 0 : 1,
    });
  }

  apply(x: Tensor, mode: Mode): Tensor {
    const expanded = this.expand ? this.expand.apply(x, mode) : x;
    return this.project.apply(this.depthwise.apply(expanded, mode), mode, this.residual ? x : undefined);
  }
}

/** The network up to its pooled features. */
export class MobileNetV2 {
  /** Number of features: 1280, or 1280 · width for widths above 1. */
  readonly features: number;
  readonly #stem: NormedConv;
  readonly #blocks: InvertedResidual[] = [];
  readonly #last: NormedConv;

  /**
   * Adds the network's parameters to a set, with first values by Glorot and Bengio 2010 drawn from `random`.
   *
   * @throws {RangeError} when the width multiplier is not above 0.
   */
  constructor(set: ParameterSet, random: Random, options: MobileNetOptions) {
    if (!(options.width > 0)) {
      throw new RangeError(`The width multiplier must be above 0; got ${options.width}`);
    }
    let channels = makeDivisible(32 * options.width);
    this.#stem = NormedConv.full(set, "stem", random, 3, channels, { ...options, stride: 2 });
    for (const { t, c, n, s } of STAGES) {
      const to = makeDivisible(c * options.width);
      for (let i = 0; i < n; i++) {
        const name = `block${this.#blocks.length + 1}`;
        const settings = { ...options, t, stride: i === 0 ? s : 1 };
        this.#blocks.push(new InvertedResidual(set, name, random, channels, to, settings));
        channels = to;
      }
    }
    this.features = options.width > 1 ? makeDivisible(1280 * options.width) : 1280;
    this.#last = NormedConv.pointwise(set, "last", random, channels, this.features, {
      ...options,
      relu6: true,
    });
  }

  /** Images [N, H, W, 3], normalized → pooled features [N, {@link features}]. */
  apply(images: Tensor, mode: Mode): Tensor {
    let x = this.#stem.apply(images, mode);
    for (const block of this.#blocks) x = block.apply(x, mode);
    return globalAveragePool(this.#last.apply(x, mode));
  }
}
