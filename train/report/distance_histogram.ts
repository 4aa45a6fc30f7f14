/** Histograms of the distances of pairs of one identity, and of pairs of two. */
import type { DistanceHistogram } from "./report_data.ts";

function largest(values: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > result && value < Infinity) result = value;
  }
  return result;
}

function count(values: ArrayLike<number>, bins: number, binWidth: number): number[] {
  const counts: number[] = new Array(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.max(0, Math.floor(value / binWidth)))]!++;
  }
  return counts;
}

/**
 * Counts distances into equal bins from 0 to the largest one. Distances that are not finite are left out.
 *
 * @param name of the set of distances, such as "Before training".
 * @param positives distances of pairs of one identity.
 * @param negatives distances of pairs of two identities.
 * @param bins number of bins, 50 by default.
 */
export function distanceHistogram(
  name: string,
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  bins = 50,
): DistanceHistogram {
  const binWidth = (Math.max(largest(positives), largest(negatives)) || 1) / bins;
  return {
    name,
    binWidth,
    positives: count(positives, bins, binWidth),
    negatives: count(negatives, bins, binWidth),
  };
}
