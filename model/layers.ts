/** The layers that MobileNetV2 is made of. */
import { batchNormInference, batchNormTraining } from "../engine/ops/batch_norm.ts";
import { conv2d, depthwiseConv } from "../engine/ops/convolution.ts";
import type { EpilogueOptions } from "../engine/ops/epilogue.ts";
import { dense, matmul, pointwiseConv } from "../engine/ops/matrix.ts";
import type { Parameter, ParameterSet } from "../engine/parameter.ts";
import type { Random } from "../engine/random.ts";
import { residualAdd } from "../engine/ops/residual.ts";
import { constant, type Tensor, type TensorLike } from "../engine/tensor.ts";
import { type ConvGeometry, type Pads, samePads } from "../kernels/mod.ts";
import { FoldedWeights } from "./folded_weights.ts";

/**
 * `training` uses the batch's statistics and updates the running ones; `inference` uses the running ones, and folded
 * weights have them in the convolutions already.
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
 * Before batch norm the scale of a weight changes nothing but how far a step of given size turns it. With these small
 * weights, those of the Keras reference, Adam learns faster than with He's: see docs/training.md.
 */
export function glorotUniform(random: Random, count: number, fanIn: number, fanOut: number): Float32Array {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return Float32Array.from({ length: count }, () => random.uniform(-limit, limit));
}

/** Batch norm with its running statistics. With `shift: false` it has no beta: the result's mean stays zero. */
export class BatchNorm {
  /** Scale [C], at first 1 unless the options say otherwise. */
  readonly gamma: Parameter;
  /** Shift [C], at first 0; undefined without shift. */
  readonly beta: Parameter | undefined;
  /** Running mean [C], at first 0; not trainable. */
  readonly mean: Parameter;
  /** Running variance [C], at first 1; not trainable. */
  readonly variance: Parameter;

  /** Adds `name.gamma`, `.beta`, `.running_mean` and `.running_variance` to a set. */
  constructor(
    set: ParameterSet,
    name: string,
    /** C. */
    readonly channels: number,
    /** Epsilon, momentum, whether there is a shift (default true), and what the scale is at first (default 1). */
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

  /** Normalizes x [..., C], then ReLU6 if asked. */
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

/** A convolution without bias, then batch norm, then ReLU6 or nothing. */
export class NormedConv {
  /** What comes after the convolution. */
  readonly norm: BatchNorm;

  private constructor(
    /** Pointwise [from, to], depthwise [3, 3, C], full [3, 3, from, to]. */
    readonly weight: Parameter,
    norm: BatchNorm,
    /** Whether ReLU6 comes last. */
    readonly relu6: boolean,
    /** The convolution itself. */
    readonly convolve: (x: Tensor, weight: TensorLike, options?: EpilogueOptions) => Tensor,
  ) {
    this.norm = norm;
  }

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

  /** 3×3 on every channel alone, with ReLU6. */
  static depthwise(
    set: ParameterSet,
    name: string,
    random: Random,
    channels: number,
    options: NormOptions & { stride: number; padding: Padding },
  ): NormedConv {
    const weight = set.add(
      `${name}.weight`,
      [3, 3, channels],
      glorotUniform(random, 9 * channels, 9 * channels, 9),
    );
    const norm = new BatchNorm(set, name, channels, options);
    const convolve: NormedConv["convolve"] = (x, w, finish) =>
      depthwiseConv(x, w, geometry(x, options), finish);
    return new NormedConv(weight, norm, true, convolve);
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
    const weight = set.add(
      `${name}.weight`,
      [3, 3, from, to],
      glorotUniform(random, 9 * from * to, 9 * from, 9 * to),
    );
    const norm = new BatchNorm(set, name, to, options);
    const convolve: NormedConv["convolve"] = (x, w, finish) => conv2d(x, w, geometry(x, options), finish);
    return new NormedConv(weight, norm, true, convolve);
  }

  /**
   * x [N, H, W, from] → [N, OH, OW, to], with `residual` of that shape added.
   *
   * @throws {ShapeError} when x has another number of channels.
   */
  apply(x: Tensor, mode: Mode, residual?: Tensor): Tensor {
    if (mode instanceof FoldedWeights) {
      const { weight, bias } = mode.fold(this.weight, this.norm);
      return this.convolve(x, weight, { bias, relu6: this.relu6, ...(residual && { residual }) });
    }
    const y = this.norm.apply(this.convolve(x, this.weight), mode, this.relu6);
    return residual ? residualAdd(residual, y) : y;
  }
}

/** A dense layer: x [M, in] → [M, out]. */
export class Dense {
  /** [in, out]. */
  readonly weight: Parameter;
  /** [out], at first 0; undefined for a layer without bias. */
  readonly bias: Parameter | undefined;

  /**
   * Adds `name.weight` and `name.bias` to a set.
   *
   * @param options `bias` (default true), and the `deviation` of the first weights (default 1/√in).
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

  /** x [M, in] → [M, out]. @throws {ShapeError} when x is not [M, in]. */
  apply(x: Tensor): Tensor {
    return this.bias ? dense(x, this.weight, this.bias) : matmul(x, this.weight);
  }
}

/** The zeros around an image of h × w pixels that a 3×3 convolution reads. */
export function convolutionPads(padding: Padding, h: number, w: number, stride: number): Pads {
  return padding === "same" ? samePads(h, w, 3, stride) : { top: 1, bottom: 1, left: 1, right: 1 };
}

function geometry(x: Tensor, { stride, padding }: { stride: number; padding: Padding }): ConvGeometry {
  const [, h, w] = x.shape;
  return { stride, pads: convolutionPads(padding, h, w, stride) };
}
