/**
 * Sums arrays in f32 in a fixed order, the pairwise tree: n arrays are the sum of the first 2^m, where 2^m is the
 * largest power of two below n, plus the sum of the others; each half is summed in the same way. So
 * ((a0 + a1) + (a2 + a3)) + (a4 + a5).
 *
 * Consecutive blocks of equal size, a power of two, are subtrees: the sum of the blocks' sums has the bits of the sum of
 * all arrays. So micro-batches, whose number is a power of two, may be spread over any number of ranks. Blocks of other
 * sizes give other bits.
 *
 * Holds at most log2(n) + 1 arrays.
 */
export class TreeSum {
  /** Sums of consecutive blocks, whose sizes are powers of two that fall. */
  #sums: Float32Array<ArrayBuffer>[] = [];
  #count = 0;

  /**
   * Adds the next array.
   *
   * @param values [n], the same n in every call. The sum owns it from now on, and may overwrite it.
   */
  add(values: Float32Array<ArrayBuffer>): void {
    this.#sums.push(values);
    this.#count++;
    // As in a binary counter: two blocks of equal size become one.
    for (let size = 1; this.#count % (2 * size) === 0; size *= 2) this.#mergeLast();
  }

  /**
   * The sum of all arrays; the next array begins another sum.
   *
   * @throws {RangeError} when there is none.
   */
  total(): Float32Array<ArrayBuffer> {
    while (this.#sums.length > 1) this.#mergeLast();
    const total = this.#sums.pop();
    if (total === undefined) throw new RangeError("A sum of no arrays has no length.");
    this.#count = 0;
    return total;
  }

  #mergeLast(): void {
    const [left, right] = this.#sums.splice(-2);
    if (left === undefined || right === undefined) return;
    if (left.length !== right.length) {
      throw new RangeError(`Arrays of ${left.length} and ${right.length} elements cannot be added.`);
    }
    for (let i = 0; i < left.length; i++) left[i]! += right[i]!; // Float32Array rounds to f32.
    this.#sums.push(left);
  }
}

/**
 * The sum of arrays in the order of {@link TreeSum}, as a new array.
 *
 * @param parts at least one array, all of one length; not changed.
 * @throws {RangeError} when there are none, or when their lengths differ.
 */
export function treeSum(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const sum = new TreeSum();
  for (const part of parts) sum.add(part.slice());
  return sum.total();
}
