/** The convolutions of MobileNetV2, each with its batch norm. */
import { conv2d, depthwiseConv } from "../../engine/ops/convolution.ts";
import type { EpilogueOptions } from "../../engine/ops/epilogue.ts";
import { pointwiseConv } from "../../engine/ops/matrix.ts";
import type { Parameter, ParameterSet } from "../../engine/parameter.ts";
import type { Random } from "../../engine/random.ts";
import { residualAdd } from "../../engine/ops/residual.ts";
import type { WindowOptions } from "../../engine/ops/windows.ts";
import type { Tensor, TensorLike } from "../../engine/tensor.ts";
import { type Pads, samePads } from "../../kernels/mod.ts";
import { FoldedWeights } from "../folded_weights.ts";
import { BatchNorm, type Mode, type NormOptions } from "./batch_norm.ts";
import { glorotUniform } from "./initial_values.ts";

/** Where a strided convolution puts its padding: TensorFlow's SAME (more at the end) or equally on both sides. */
export type Padding = "same" | "symmetric";

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

/** The padding of an image of h × w pixels for a 3×3 convolution. */
export function convolutionPads(padding: Padding, h: number, w: number, stride: number): Pads {
  return padding === "same" ? samePads(h, w, 3, stride) : { top: 1, bottom: 1, left: 1, right: 1 };
}

function windows({ stride, padding }: { stride: number; padding: Padding }): WindowOptions {
  return { stride, padding: padding === "same" ? "same" : 1 };
}
