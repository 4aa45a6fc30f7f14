/** Derivatives without calculus: the judge of the analytic gradients. */

/**
 * Central differences of a scalar function of several arrays, with a step of 1e-5 max(1, |x|) for each coordinate.
 *
 * @param f the function; it may not keep or change the arrays it is given
 * @param coordinates for every input the indices to differentiate by; all of them when left out
 * @returns for every input one derivative per coordinate asked for, in that order
 */
export function centralDifferences(
  f: (inputs: Float64Array[]) => number,
  inputs: readonly Float64Array[],
  coordinates: readonly (readonly number[])[] = inputs.map((input) => [...input.keys()]),
): Float64Array[] {
  const moved = inputs.map((input) => input.slice());
  return coordinates.map((chosen, which) =>
    Float64Array.from(chosen, (i) => {
      const x = inputs[which][i];
      const step = 1e-5 * Math.max(1, Math.abs(x));
      const [above, below] = [x + step, x - step];
      moved[which][i] = above;
      const high = f(moved);
      moved[which][i] = below;
      const low = f(moved);
      moved[which][i] = x;
      return (high - low) / (above - below);
    })
  );
}
