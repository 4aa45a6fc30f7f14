/** Batch norm, and what a network is applied for. */
import { EngineError } from "../../engine/errors.ts";
import { batchNormInference, batchNormTraining } from "../../engine/ops/batch_norm.ts";
import type { Parameter, ParameterSet } from "../../engine/parameter.ts";
import { constant, type Tensor } from "../../engine/tensor.ts";
import type { FoldedWeights } from "../folded_weights.ts";

/**
 * `training` uses the batch's statistics and updates the running ones; `inference` uses the running ones; folded weights
 * have the running statistics in the convolutions.
 */
export type Mode = "training" | "inference" | FoldedWeights;

/** Settings of every batch norm of a network. */
export interface NormOptions {
  /** Added to the variance; where it may be left out, 1e-5. */
  readonly epsilon: number;
  /** running = momentum · running + (1 - momentum) · batch; where it may be left out, 0.9, which PyTorch calls 0.1. */
  readonly momentum: number;
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
  /** Epsilon and momentum. */
  readonly options: NormOptions;

  /**
   * Adds `name.gamma`, `.beta`, `.running_mean` and `.running_variance` to a set.
   *
   * @param options epsilon, momentum, whether there is a shift (default true), and the initial scale (default 1).
   */
  constructor(
    set: ParameterSet,
    name: string,
    /** C. */
    readonly channels: number,
    options: Partial<NormOptions> & { shift?: boolean; scale?: number } = {},
  ) {
    this.options = { epsilon: 1e-5, momentum: 0.9, ...options };
    const ones = new Float32Array(channels).fill(1);
    const zeros = new Float32Array(channels);
    const scale = ones.map((one) => one * (options.scale ?? 1));
    this.gamma = set.add(`${name}.gamma`, [channels], scale, { decay: false });
    if (options.shift ?? true) this.beta = set.add(`${name}.beta`, [channels], zeros, { decay: false });
    this.mean = set.add(`${name}.running_mean`, [channels], zeros, { trainable: false });
    this.variance = set.add(`${name}.running_variance`, [channels], ones, { trainable: false });
  }

  /** Normalizes x [..., C], then applies ReLU6 if `relu6`. @throws {EngineError} when there is no such mode. */
  apply(x: Tensor, mode: Mode, relu6 = false): Tensor {
    const { epsilon, momentum } = this.options;
    const beta = this.beta ?? constant(new Float32Array(this.channels), [this.channels]);
    if (mode !== "training") {
      if (mode !== "inference" && typeof mode !== "object") {
        throw new EngineError(`BatchNorm.apply() takes the mode "training" or "inference"; got ${mode}`);
      }
      return batchNormInference(x, this.gamma, beta, this.mean, this.variance, { epsilon, relu6 });
    }
    const running = { mean: this.mean, variance: this.variance, momentum };
    return batchNormTraining(x, this.gamma, beta, { epsilon, relu6, running });
  }
}
