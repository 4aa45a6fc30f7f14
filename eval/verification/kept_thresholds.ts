/** The thresholds that a network keeps, for embeddings and distances of some kind, and what a test should measure. */
import type { Metric } from "../../kernels/mod.ts";
import { type ComparisonThreshold, inMetric, type Thresholds } from "../../model/thresholds.ts";
import type { Estimate } from "./resampled_people.ts";

/** How a network is used. */
export interface ThresholdUse {
  /** Whether embeddings are averaged over mirror images. */
  readonly flip: boolean;
  /** Whether they have length one. */
  readonly unitLength: boolean;
}

/** The thresholds of this use; undefined where the network keeps none. */
export function thresholdsFor(
  kept: readonly Thresholds[] | undefined,
  { flip, unitLength }: ThresholdUse,
): Thresholds | undefined {
  return kept?.find((each) => each.flip === flip && each.unitLength === unitLength);
}

/** Thresholds for comparisons in a metric; none where the Euclidean distance does not determine it. */
export function comparisonsIn(
  { comparisons, unitLength }: Thresholds,
  metric: Metric,
): ComparisonThreshold[] {
  return comparisons.flatMap((each) => {
    const distance = inMetric(each.distance, metric, unitLength);
    return distance === undefined ? [] : [{ ...each, distance }];
  });
}

/**
 * The interval in which 95 % of tests measure the rate of a threshold, if the threshold keeps its promise: that of the
 * estimate and that of the measurement together, by the logarithms of the rates (MOVER, Zou and Donner 2008).
 *
 * @param threshold Its rate, and the interval of the rate by resampling the people that it was estimated on.
 * @param measured The rate of the test, with its interval by resampling the people of the test.
 */
export function expectedRate(
  { falseAccept, interval: [low, high] }: Pick<ComparisonThreshold, "falseAccept" | "interval">,
  measured: Estimate,
): [low: number, high: number] {
  const above = Math.hypot(ratio(high, falseAccept), ratio(measured.value, measured.low));
  const below = Math.hypot(ratio(falseAccept, low), ratio(measured.high, measured.value));
  return [falseAccept * Math.exp(-below), Math.min(1, falseAccept * Math.exp(above))];
}

/** log(a / b), infinite where there is nothing to divide by. */
function ratio(a: number, b: number): number {
  return b > 0 ? Math.max(0, Math.log(a / b)) : Infinity;
}
