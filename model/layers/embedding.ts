/** A table of vectors. */
import { gather } from "../../engine/ops/shape.ts";
import type { Parameter, ParameterSet } from "../../engine/parameter.ts";
import type { Random } from "../../engine/random.ts";
import { asUint32, type Tensor, type Uint32Tensor } from "../../engine/tensor.ts";

/** A trained vector for each of some indices: [...] → [..., size]. */
export class Embedding {
  /** [count, size]. */
  readonly weight: Parameter;

  /** Adds `name.weight`, drawn from the standard normal distribution as PyTorch's, to a set. */
  constructor(set: ParameterSet, name: string, random: Random, count: number, size: number) {
    const values = Float32Array.from({ length: count * size }, () => random.normal());
    this.weight = set.add(`${name}.weight`, [count, size], values);
  }

  /** Indices [...] below count → [..., size]. A run throws a RangeError for a greater index of the host. */
  apply(indices: Uint32Tensor): Tensor {
    asUint32("Embedding.apply", "indices", indices).requireBelow(
      this.weight.shape[0] ?? 0,
      "Embedding.apply",
      "rows",
    );
    return gather(this.weight, indices);
  }
}
