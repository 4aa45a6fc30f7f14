/**
 * What a distance is, and how far the GPU's f32 may be from it. By that bound a search in f32 is exact: what it leaves
 * out is farther than what it keeps even if every rounding went the wrong way.
 */

/** Vectors longer than this are refused: squares of sums of them must stay far from the end of f32. */
export const LONGEST = 2 ** 50;

/** f32 rounds by at most this share. It is half of it where numbers go to the nearest, which WGSL does not promise. */
const ROUNDING = 2 ** -23;

/** Numbers nearer to 0 than this may become 0 on a GPU. */
const LEAST = 2 ** -126;

/**
 * |a - b|² in f64, component after component: this is what "exact" refers to.
 *
 * @param a vectors, one of which begins at `atA`; so does that of `b` at `atB`.
 */
export function squaredDistance(
  a: Float32Array,
  atA: number,
  b: Float32Array,
  atB: number,
  size: number,
): number {
  let sum = 0;
  for (let c = 0; c < size; c++) {
    const difference = a[atA + c] - b[atB + c];
    sum += difference * difference;
  }
  return sum;
}

/** |a|² in f64. */
export function squaredLength(a: Float32Array, at: number, size: number): number {
  let sum = 0;
  for (let c = 0; c < size; c++) sum += a[at + c] * a[at + c];
  return sum;
}

/**
 * How far (|a|² - a·b) + (|b|² - a·b), computed in f32 with sums in whatever order, may be from
 * {@link squaredDistance}, for vectors of at most these lengths.
 *
 * An inner product of D terms errs by at most γ(D) |a| |b| with γ(n) = n u / (1 - n u) (Higham, *Accuracy and Stability
 * of Numerical Algorithms*, 2002, section 3.1); the two squares likewise. Each is then rounded twice more, so all is
 * within γ(D + 2) (|a| + |b|)². Two more rounding errors are more than what f64 adds. What GPUs flush to 0 comes on top.
 */
export function distanceError(size: number, a: number, b: number): number {
  const rounded = (size + 4) * ROUNDING;
  return rounded / (1 - rounded) * (a + b) ** 2 + 4 * size * LEAST * (1 + a + b);
}
