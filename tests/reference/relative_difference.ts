/** Largest difference, relative to a value's size; to all values' root mean square for those that are smaller. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  if (actual.length !== values.length) return Infinity;
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const differences = values.map((value, i) => Math.abs(actual[i] - value) / Math.max(size, Math.abs(value)));
  return differences.reduce((largest, one) => one <= largest ? largest : one, 0); // NaN stays.
}
