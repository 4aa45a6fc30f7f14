/** Whether two sides computed the same thing. */
import type { Timed } from "./rounds.ts";

/** Results that differ by more than this share are not the same computation. */
export const TOLERANCE = 1e-3;

/** How far a side is from ours. */
export interface Agreement {
  /** Of the first run's result: the first loss, which no update has touched, or the embeddings. */
  readonly first: number;
  /** Of the second run's: for training the loss after one update, so that gradients and optimizer are in it. */
  readonly second: number;
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

/** Compares a side's results with ours. */
export function agreement(side: Timed, ours: Timed): Agreement {
  return {
    first: relativeDifference(side.opened.first.result, ours.opened.first.result),
    second: relativeDifference(side.runs[0].result, ours.runs[0].result),
  };
}
