/** Linear regression: whether a measurement grows. */

/** A slope and its standard error. */
export interface Slope {
  readonly slope: number;
  readonly error: number;
}

/** The least-squares slope of y over x; at least three points. */
export function slopeOf(x: readonly number[], y: readonly number[]): Slope {
  const n = x.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanX, meanY] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  const slope = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0) / spread;
  const residual = x.reduce((sum, value, i) => sum + (y[i]! - meanY - slope * (value - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(residual / (n - 2) / spread) };
}

/** Whether a slope exceeds `most` by more than two standard errors. */
export function grows({ slope, error }: Slope, most: number): boolean {
  return slope - 2 * error > most;
}
