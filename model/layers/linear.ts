/** The linear layer. */
import { dense, matmul } from "../../engine/ops/matrix.ts";
import type { Parameter, ParameterSet } from "../../engine/parameter.ts";
import type { Random } from "../../engine/random.ts";
import type { Tensor } from "../../engine/tensor.ts";

/** A linear layer, also called dense or fully connected: x [..., in] → [..., out]. */
export class Linear {
  /** [in, out]. */
  readonly weight: Parameter;
  /** [out], initially 0; undefined for a layer without bias. */
  readonly bias: Parameter | undefined;

  /**
   * Adds `name.weight`, drawn from a normal distribution, and `name.bias` to a set.
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

  /** x [..., in] → [..., out]. @throws {ShapeError} When the last axis of x is not `in`. */
  apply(x: Tensor): Tensor {
    return this.bias ? dense(x, this.weight, this.bias) : matmul(x, this.weight);
  }
}
