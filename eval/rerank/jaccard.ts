/** Jaccard distances of one sparse vector to many, by an inverted index. */
import { itemAt } from "../../engine/item_at.ts";
import type { SparseVector } from "./encoding.ts";

/** Vectors that each sum to 1, indexed by their nonzero elements. */
export class JaccardIndex {
  /** For each element the vectors in which it is not 0, and its values there. */
  readonly #lists: readonly { owners: number[]; values: number[] }[];
  readonly #count: number;

  /** @param length Number of elements of a vector. */
  constructor(vectors: readonly SparseVector[], length: number) {
    this.#lists = Array.from({ length }, () => ({ owners: [], values: [] }));
    this.#count = vectors.length;
    for (const [owner, { indices, values }] of vectors.entries()) {
      for (const [i, index] of indices.entries()) {
        const list = itemAt(this.#lists, index);
        list.owners.push(owner);
        list.values.push(itemAt(values, i));
      }
    }
  }

  /**
   * Distances of a vector to all vectors of the index: 1 - s / (2 - s), where s is the sum of the smaller one of each
   * pair of elements. As both vectors sum to 1, the larger ones sum to 2 - s.
   */
  distances({ indices, values }: SparseVector): Float64Array {
    const shared = new Float64Array(this.#count);
    for (const [i, index] of indices.entries()) {
      const value = itemAt(values, i);
      const { owners, values: others } = itemAt(this.#lists, index);
      for (let at = 0; at < owners.length; at++) shared[owners[at]!]! += Math.min(value, others[at]!);
    }
    return shared.map((sum) => Math.max(0, 1 - sum / (2 - sum)));
  }
}
