/** Checks that two libraries computed the same result. */
import type { Timed } from "./rounds.ts";

/** Largest relative difference of two results that count as equal. */
export const TOLERANCE = 1e-3;

/** Differences of a library's results from ours. */
export interface Agreement {
  /** Of the first run's result: the loss before any update, or the embeddings. */
  readonly first: number;
  /** Of the second run's result: in training the loss after one update, which depends on gradients and optimizer. */
  readonly second: number;
  /** Of the last run's result that both sides have. */
  readonly last: number;
}

/** The largest difference of two results, as a share of the largest magnitude in the second. */
export function relativeDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = a.reduce((most, value, i) => {
    const apart = Math.abs(value - b[i]);
    return Number.isFinite(apart) ? Math.max(most, apart) : Infinity;
  }, 0);
  return difference === 0 ? 0 : difference / scale;
}

/** Compares a library's results with ours. */
export function agreement(side: Timed, ours: Timed): Agreement {
  const last = Math.min(side.runs.length, ours.runs.length) - 1;
  return {
    first: relativeDifference(side.opened.first.result, ours.opened.first.result),
    second: relativeDifference(side.runs[0].result, ours.runs[0].result),
    last: relativeDifference(side.runs[last].result, ours.runs[last].result),
  };
}
