/** Layer norm. */
import { layerNorm, type LayerNormOptions } from "../../engine/ops/layer_norm.ts";
import type { Parameter, ParameterSet } from "../../engine/parameter.ts";
import type { Tensor } from "../../engine/tensor.ts";

/** Layer norm over the last axis, the same in training and inference: x [..., C] → [..., C]. */
export class LayerNorm {
  /** Scale [C], initially 1. */
  readonly gamma: Parameter;
  /** Shift [C], initially 0. */
  readonly beta: Parameter;

  /** Adds `name.gamma` and `name.beta` to a set. */
  constructor(
    set: ParameterSet,
    name: string,
    channels: number,
    /** As given. */
    readonly options: LayerNormOptions = {},
  ) {
    const zeros = new Float32Array(channels);
    this.gamma = set.add(`${name}.gamma`, [channels], zeros.map(() => 1), { decay: false });
    this.beta = set.add(`${name}.beta`, [channels], zeros, { decay: false });
  }

  /** Normalizes x [..., C]. @throws {ShapeError} When the last axis is not C. */
  apply(x: Tensor): Tensor {
    return layerNorm(x, this.gamma, this.beta, this.options);
  }
}
