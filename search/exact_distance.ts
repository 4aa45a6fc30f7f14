/**
 * The exact distance, and a bound for the error of the GPU's f32. With that bound a search in f32 is exact: each vector
 * that it leaves out is farther than those it keeps, even if every rounding went the wrong way.
 */

/** The longest vector allowed: squares of sums of vectors must stay far below the largest f32. */
export const LONGEST = 2 ** 50;

/** The largest relative rounding error of f32. Rounding to nearest halves it, but WGSL does not promise that. */
const ROUNDING = 2 ** -23;

/** A GPU may flush numbers nearer to 0 than this to 0. */
const LEAST = 2 ** -126;

/**
 * |a - b|² in f64, component after component: "exact" means this sum.
 *
 * @param a vectors; the one to compare begins at index `startA`.
 * @param b vectors; the one to compare begins at index `startB`.
 */
export function squaredDistance(
  a: Float32Array,
  startA: number,
  b: Float32Array,
  startB: number,
  size: number,
): number {
  let sum = 0;
  for (let c = 0; c < size; c++) {
    const difference = a[startA + c]! - b[startB + c]!;
    sum += difference * difference;
  }
  return sum;
}

/** |a|² in f64. */
export function squaredLength(a: Float32Array, start: number, size: number): number {
  let sum = 0;
  for (const x of a.subarray(start, start + size)) sum += x * x;
  return sum;
}

/**
 * A bound for the difference between (|a|² - a·b) + (|b|² - a·b), computed in f32 with sums in any order, and
 * {@link squaredDistance}, for vectors of at most these lengths.
 *
 * An inner product of D terms errs by at most γ(D) |a| |b| with γ(n) = n u / (1 - n u) (Higham, *Accuracy and Stability
 * of Numerical Algorithms*, 2002, section 3.1), and so do the two squares. Each is rounded twice more, so the error is
 * within γ(D + 2) (|a| + |b|)². Two more rounding errors cover those of f64. The last term covers flushes to 0.
 */
export function distanceError(size: number, a: number, b: number): number {
  const rounded = (size + 4) * ROUNDING;
  return rounded / (1 - rounded) * (a + b) ** 2 + 4 * size * LEAST * (1 + a + b);
}
