/**
 * The receiver operating characteristic (ROC) of a threshold on distances: a pair counts as one person where its distance
 * is at most the threshold. A false accept is a pair of two people that counts as one person; the true-accept rate is the
 * share of pairs of one person that count as one.
 */
import { itemAt } from "../../engine/item_at.ts";

/** Rates at ascending thresholds. The first point is a threshold below every distance, the last one is above all. */
export interface Roc {
  /** Share of pairs of two people that are accepted, ascending from 0 to 1. */
  readonly falseAccept: Float64Array;
  /** Share of pairs of one person that are accepted, ascending from 0 to 1. */
  readonly trueAccept: Float64Array;
}

/**
 * The curve through the upper ends of bins.
 *
 * @param positives Pairs of one person in each bin, which may be weighted.
 * @param negatives Pairs of two people in each bin.
 * @returns One point more than there are bins; NaN where a kind has no pairs.
 */
export function rocOf(positives: ArrayLike<number>, negatives: ArrayLike<number>): Roc {
  const shares = (counts: ArrayLike<number>) => {
    const sums = new Float64Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) sums[i + 1] = sums[i]! + counts[i]!;
    const total = itemAt(sums, counts.length);
    return sums.map((sum) => sum / total);
  };
  return { falseAccept: shares(negatives), trueAccept: shares(positives) };
}

/**
 * The area under the curve: the probability that a pair of one person is nearer than a pair of two people. Pairs in one
 * bin count as half.
 */
export function areaUnder({ falseAccept, trueAccept }: Roc): number {
  let area = 0;
  for (let i = 1; i < falseAccept.length; i++) {
    area += (falseAccept[i]! - falseAccept[i - 1]!) * (trueAccept[i]! + trueAccept[i - 1]!) / 2;
  }
  return area;
}

/**
 * The equal error rate: where the curve, linear between its points, has as large a share of false accepts as of false
 * rejects.
 */
export function equalErrorRate({ falseAccept, trueAccept }: Roc): number {
  const excess = (i: number) => falseAccept[i]! + trueAccept[i]! - 1;
  for (let i = 1; i < falseAccept.length; i++) {
    if (excess(i) < 0) continue;
    const share = -excess(i - 1) / (excess(i) - excess(i - 1));
    return falseAccept[i - 1]! + share * (falseAccept[i]! - falseAccept[i - 1]!);
  }
  return NaN;
}

/** The index of the last point with at most this share of false accepts. */
export function pointAt({ falseAccept }: Roc, rate: number): number {
  let low = 0, high = falseAccept.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (falseAccept[middle]! <= rate) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The true-accept rate at a false-accept rate, linear between the points of the curve. */
export function trueAcceptAt(roc: Roc, rate: number): number {
  const { falseAccept, trueAccept } = roc;
  const i = pointAt(roc, rate);
  const next = falseAccept[i + 1];
  const reached = itemAt(trueAccept, i);
  if (next === undefined) return reached;
  const share = (rate - falseAccept[i]!) / (next - falseAccept[i]!);
  return reached + share * (itemAt(trueAccept, i + 1) - reached);
}
