/**
 * Convolutions with their batch norm folded in, for inference: one kernel computes both, ReLU6 and the residual sum.
 *
 *   batch norm(x * w) = x * (w · scale) + bias,   scale = gamma / sqrt(variance + epsilon),  bias = beta - mean · scale
 */
import { itemAt } from "../engine/item_at.ts";
import type { Parameter, ParameterSet } from "../engine/parameter.ts";
import { constant, type Tensor } from "../engine/tensor.ts";

/** A batch norm's values [C]. */
export interface NormValues {
  readonly gamma: Float32Array;
  /** Left out where the norm has no shift. */
  readonly beta?: Float32Array | undefined;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** The parts of a batch norm that are folded. */
export interface FoldableNorm {
  /** C. */
  readonly channels: number;
  /** Scale [C]. */
  readonly gamma: Parameter;
  /** Shift [C]. */
  readonly beta: Parameter | undefined;
  /** Running mean [C]. */
  readonly mean: Parameter;
  /** Running variance [C]. */
  readonly variance: Parameter;
  /** Epsilon is added to the variance. */
  readonly options: { readonly epsilon: number };
}

/** Folds a batch norm into the weight [..., C] before it: the new weight, and its bias [C]; computed in f64. */
export function foldNorm(
  weight: Float32Array,
  { gamma, beta, mean, variance, epsilon }: NormValues,
): { weight: Float32Array<ArrayBuffer>; bias: Float32Array<ArrayBuffer> } {
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(itemAt(variance, c) + epsilon));
  return {
    weight: Float32Array.from(weight, (w, i) => w * itemAt(scale, i % gamma.length)),
    bias: Float32Array.from(scale, (s, c) => (beta?.[c] ?? 0) - itemAt(mean, c) * s),
  };
}

/** A snapshot of a set's values, folded layer by layer as a program needs them. */
export class FoldedWeights {
  readonly #values: ReadonlyMap<Parameter, Float32Array>;
  readonly #only: ReadonlySet<Parameter> | undefined;

  private constructor(values: ReadonlyMap<Parameter, Float32Array>, only?: ReadonlySet<Parameter>) {
    this.#values = values;
    this.#only = only;
  }

  /**
   * Reads a set's present values; later training does not change them.
   *
   * @param only The parameters that are folded, all by default. Layers with others run as in training.
   */
  static async of(set: ParameterSet, only?: ReadonlySet<Parameter>): Promise<FoldedWeights> {
    return new FoldedWeights((await set.read()).get("weights") ?? new Map(), only);
  }

  /** Whether a layer with this weight is left to training. */
  leaves(weight: Parameter): boolean {
    return this.#only !== undefined && !this.#only.has(weight);
  }

  /**
   * A convolution's weight [..., C] and the batch norm after it as one weight and a bias [1, C].
   *
   * @throws {TypeError} When they belong to another set.
   */
  fold(weight: Parameter, norm: FoldableNorm): { weight: Tensor; bias: Tensor } {
    const values = {
      gamma: this.#valuesOf(norm.gamma),
      beta: norm.beta && this.#valuesOf(norm.beta),
      mean: this.#valuesOf(norm.mean),
      variance: this.#valuesOf(norm.variance),
      epsilon: norm.options.epsilon,
    };
    const folded = foldNorm(this.#valuesOf(weight), values);
    return {
      weight: constant(folded.weight, weight.shape),
      bias: constant(folded.bias, [1, norm.channels]),
    };
  }

  #valuesOf(parameter: Parameter): Float32Array {
    const values = this.#values.get(parameter);
    if (!values) throw new TypeError(`${parameter.name} is not among the weights that were folded`);
    return values;
  }
}
