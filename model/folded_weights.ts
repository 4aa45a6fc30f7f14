/**
 * Convolutions with their batch norm folded in, for inference: one kernel does both, and ReLU6 and the residual sum.
 *
 *   batch norm(x * w) = x * (w · scale) + bias,   scale = gamma / sqrt(variance + epsilon),  bias = beta - mean · scale
 */
import type { Parameter, ParameterSet } from "../engine/parameter.ts";
import { constant, type Tensor } from "../engine/tensor.ts";
import type { BatchNorm } from "./layers.ts";

/** The values of a set at one moment, folded layer by layer as a program asks for them. */
export class FoldedWeights {
  readonly #values: ReadonlyMap<Parameter, Float32Array>;

  private constructor(values: ReadonlyMap<Parameter, Float32Array>) {
    this.#values = values;
  }

  /** Reads a set's values as they are now; what is trained later is not seen. */
  static async of(set: ParameterSet): Promise<FoldedWeights> {
    return new FoldedWeights((await set.read()).get("weights")!);
  }

  /**
   * A convolution's weight [..., C] and the batch norm behind it as one weight and a bias [1, C].
   *
   * @throws {TypeError} when they belong to another set.
   */
  fold(weight: Parameter, norm: BatchNorm): { weight: Tensor; bias: Tensor } {
    const { channels, options: { epsilon } } = norm;
    const [gamma, mean, variance] = [norm.gamma, norm.mean, norm.variance].map((p) => this.#valuesOf(p));
    const beta = norm.beta ? this.#valuesOf(norm.beta) : new Float32Array(channels);
    const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + epsilon));
    const bias = Float32Array.from(beta, (b, c) => b - mean[c] * scale[c]);
    const folded = this.#valuesOf(weight).map((w, i) => w * scale[i % channels]);
    return { weight: constant(folded, weight.shape), bias: constant(bias, [1, channels]) };
  }

  #valuesOf(parameter: Parameter): Float32Array {
    const values = this.#values.get(parameter);
    if (!values) throw new TypeError(`${parameter.name} is not among the weights that were folded`);
    return values;
  }
}
