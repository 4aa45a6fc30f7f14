/** Jaccard distances of one sparse vector to many, through the lists of who has what. */
import type { SparseVector } from "./encoding.ts";

/** Vectors, each of which sums to 1, found by the elements that are not 0. */
export class JaccardIndex {
  /** Where the list of an element begins in the other two. */
  readonly #starts: Int32Array;
  readonly #owners: Int32Array;
  readonly #values: Float64Array;
  readonly #count: number;

  /** @param length elements of a vector. */
  constructor(vectors: readonly SparseVector[], length: number) {
    const starts = new Int32Array(length + 1);
    for (const { indices } of vectors) for (const index of indices) starts[index + 1]++;
    for (let i = 0; i < length; i++) starts[i + 1] += starts[i];
    const next = starts.slice();
    this.#owners = new Int32Array(starts[length]);
    this.#values = new Float64Array(starts[length]);
    vectors.forEach(({ indices, values }, owner) => {
      for (let i = 0; i < indices.length; i++) {
        const place = next[indices[i]]++;
        this.#owners[place] = owner;
        this.#values[place] = values[i];
      }
    });
    this.#starts = starts;
    this.#count = vectors.length;
  }

  /**
   * Distances of a vector to all of the index: 1 - s / (2 - s), s the sum of the smaller ones of each pair of
   * elements. As both vectors sum to 1, the larger ones sum to 2 - s.
   */
  distances({ indices, values }: SparseVector): Float64Array {
    const shared = new Float64Array(this.#count);
    for (let i = 0; i < indices.length; i++) {
      for (let at = this.#starts[indices[i]]; at < this.#starts[indices[i] + 1]; at++) {
        shared[this.#owners[at]] += Math.min(values[i], this.#values[at]);
      }
    }
    return shared.map((sum) => Math.max(0, 1 - sum / (2 - sum)));
  }
}
