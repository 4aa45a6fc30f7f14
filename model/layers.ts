/** The layers of MobileNetV2 and of the head. */
import { batchNormInference, batchNormTraining } from "../engine/ops/batch_norm.ts";
import { conv2d, depthwiseConv } from "../engine/ops/convolution.ts";
import type { EpilogueOptions } from "../engine/ops/epilogue.ts";
import { dense, matmul, pointwiseConv } from "../engine/ops/matrix.ts";
import type { Parameter, ParameterSet } from "../engine/parameter.ts";
import type { Random } from "../engine/random.ts";
import { residualAdd } from "../engine/ops/residual.ts";
import type { WindowOptions } from "../engine/ops/windows.ts";
import { constant, type Tensor, type TensorLike } from "../engine/tensor.ts";
import { type Pads, samePads } from "../kernels/mod.ts";
import { FoldedWeights } from "./folded_weights.ts";

/**
 * `training` uses the batch's statistics and updates the running ones; `inference` uses the running ones; folded weights
 * have the running statistics in the convolutions.
 */
export type Mode = "training" | "inference" | FoldedWeights;

/** Settings of every batch norm of a network. */
export interface NormOptions {
  /** Added to the variance. */
  readonly epsilon: number;
  /** running = momentum · running + (1 - momentum) · batch. */
  readonly momentum: number;
}

/** Where a strided convolution puts its padding: TensorFlow's SAME (more at the end) or equally on both sides. */
export type Padding = "same" | "symmetric";

/**
 * Values uniform within ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010).
 *
 * Before a batch norm, the scale of a weight only affects how much a step of given size changes its direction. With
 * these small weights, as in the Keras reference, Adam learns faster than with He's: see docs/training.md.
 */
export function glorotUniform(random: Random, count: number, fanIn: number, fanOut: number): Float32Array {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return Float32Array.from({ length: count }, () => random.uniform(-limit, limit));
}

/** Batch norm with running statistics. With `shift: false` it has no beta: the result's mean is zero. */
export class BatchNorm {
  /** Scale [C], initially 1 or `options.scale`. */
  readonly gamma: Parameter;
  /** Shift [C], initially 0; undefined without shift. */
  readonly beta: Parameter | undefined;
  /** Running mean [C], initially 0; not trainable. */
  readonly mean: Parameter;
  /** Running variance [C], initially 1; not trainable. */
  readonly variance: Parameter;

  /** Adds `name.gamma`, `.beta`, `.running_mean` and `.running_variance` to a set. */
  constructor(
    set: ParameterSet,
    name: string,
    /** C. */
    readonly channels: number,
    /** Epsilon, momentum, whether there is a shift (default true), and the initial scale (default 1). */
    readonly options: NormOptions & { shift?: boolean; scale?: number },
  ) {
    const ones = new Float32Array(channels).fill(1);
    const zeros = new Float32Array(channels);
    const scale = ones.map((one) => one * (options.scale ?? 1));
    this.gamma = set.add(`${name}.gamma`, [channels], scale, { decay: false });
    if (options.shift ?? true) this.beta = set.add(`${name}.beta`, [channels], zeros, { decay: false });
    this.mean = set.add(`${name}.running_mean`, [channels], zeros, { trainable: false });
    this.variance = set.add(`${name}.running_variance`, [channels], ones, { trainable: false });
  }

  /** Normalizes x [..., C], then applies ReLU6 if `relu6`. */
  apply(x: Tensor, mode: Mode, relu6: boolean): Tensor {
    const { epsilon, momentum } = this.options;
    const beta = this.beta ?? constant(new Float32Array(this.channels), [this.channels]);
    if (mode !== "training") {
      return batchNormInference(x, this.gamma, beta, this.mean, this.variance, { epsilon, relu6 });
    }
    const running = { mean: this.mean, variance: this.variance, momentum };
    return batchNormTraining(x, this.gamma, beta, { epsilon, relu6, running });
  }
}

/** A convolution without bias, then batch norm, then optionally ReLU6. */
export class NormedConv {
  private constructor(
    /** Pointwise [from, to], depthwise [3, 3, C], full [3, 3, from, to]. */
    readonly weight: Parameter,
    /** The batch norm after the convolution. */
    readonly norm: BatchNorm,
    /** Whether ReLU6 comes last. */
    readonly relu6: boolean,
    /** The convolution. */
    readonly convolve: (x: Tensor, weight: TensorLike, options?: EpilogueOptions) => Tensor,
  ) {}

  /** 1×1, `from` to `to` channels. */
  static pointwise(
    set: ParameterSet,
    name: string,
    random: Random,
    from: number,
    to: number,
    options: NormOptions & { relu6: boolean; scale?: number },
  ): NormedConv {
    const weight = set.add(`${name}.weight`, [from, to], glorotUniform(random, from * to, from, to));
    return new NormedConv(weight, new BatchNorm(set, name, to, options), options.relu6, pointwiseConv);
  }

  /** 3×3 on each channel separately, with ReLU6. */
  static depthwise(
    set: ParameterSet,
    name: string,
    random: Random,
    channels: number,
    options: NormOptions & { stride: number; padding: Padding },
  ): NormedConv {
    const values = glorotUniform(random, 9 * channels, 9 * channels, 9);
    const weight = set.add(`${name}.weight`, [3, 3, channels], values);
    const norm = new BatchNorm(set, name, channels, options);
    return new NormedConv(
      weight,
      norm,
      true,
      (x, weight, epilogue) => depthwiseConv(x, weight, { ...windows(options), ...epilogue }),
    );
  }

  /** 3×3 over all channels, with ReLU6: the stem. */
  static full(
    set: ParameterSet,
    name: string,
    random: Random,
    from: number,
    to: number,
    options: NormOptions & { stride: number; padding: Padding },
  ): NormedConv {
    const values = glorotUniform(random, 9 * from * to, 9 * from, 9 * to);
    const weight = set.add(`${name}.weight`, [3, 3, from, to], values);
    const norm = new BatchNorm(set, name, to, options);
    return new NormedConv(
      weight,
      norm,
      true,
      (x, weight, epilogue) => conv2d(x, weight, { ...windows(options), ...epilogue }),
    );
  }

  /**
   * x [N, H, W, from] → [N, OH, OW, to], plus `residual` of that shape.
   *
   * @throws {ShapeError} When x has a different number of channels.
   */
  apply(x: Tensor, mode: Mode, residual?: Tensor): Tensor {
    const isTrained = mode instanceof FoldedWeights && mode.leaves(this.weight);
    if (mode instanceof FoldedWeights && !isTrained) {
      const { weight, bias } = mode.fold(this.weight, this.norm);
      return this.convolve(x, weight, { bias, relu6: this.relu6, ...(residual && { residual }) });
    }
    const y = this.norm.apply(this.convolve(x, this.weight), isTrained ? "training" : mode, this.relu6);
    return residual ? residualAdd(residual, y) : y;
  }
}

/** A dense layer: x [M, in] → [M, out]. */
export class Dense {
  /** [in, out]. */
  readonly weight: Parameter;
  /** [out], initially 0; undefined for a layer without bias. */
  readonly bias: Parameter | undefined;

  /**
   * Adds `name.weight` and `name.bias` to a set.
   *
   * @param options `bias` (default true), and the standard `deviation` of the initial weights (default 1/√in).
   */
  constructor(
    set: ParameterSet,
    name: string,
    random: Random,
    from: number,
    to: number,
    options: { bias?: boolean; deviation?: number } = {},
  ) {
    const deviation = options.deviation ?? Math.sqrt(1 / from);
    const values = Float32Array.from({ length: from * to }, () => random.normal() * deviation);
    this.weight = set.add(`${name}.weight`, [from, to], values);
    if (options.bias ?? true) {
      this.bias = set.add(`${name}.bias`, [to], new Float32Array(to), { decay: false });
    }
  }

  /** x [M, in] → [M, out]. @throws {ShapeError} When x is not [M, in]. */
  apply(x: Tensor): Tensor {
    return this.bias ? dense(x, this.weight, this.bias) : matmul(x, this.weight);
  }
}

/** The padding of an image of h × w pixels for a 3×3 convolution. */
export function convolutionPads(padding: Padding, h: number, w: number, stride: number): Pads {
  return padding === "same" ? samePads(h, w, 3, stride) : { top: 1, bottom: 1, left: 1, right: 1 };
}

function windows({ stride, padding }: { stride: number; padding: Padding }): WindowOptions {
  return { stride, padding: padding === "same" ? "same" : 1 };
}
