/** The settings that all triplet losses share. */
import { type Metric, METRICS } from "../kernels/mod.ts";

/** Settings of a triplet loss. */
export interface TripletOptions {
  /** How much farther than the positive a negative should be, in the metric's units. */
  readonly margin: number;
  /** `euclidean` |a - b|, `squared` |a - b|², or `angular` 1 - cosine. */
  readonly metric: Metric;
  /** log(1 + e^x) of x = d(a, p) - d(a, n) in place of max(0, x + margin); the margin is then not used. */
  readonly softMargin: boolean;
}

/**
 * Refuses settings that no loss can be computed with.
 *
 * @throws {RangeError} when the margin is negative or not finite, or the metric has no such name.
 */
export function checkTripletOptions({ margin, metric }: TripletOptions): void {
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(
      `The margin of a triplet loss is a finite number from 0 (0.2 to 0.5 are usual between embeddings of length ` +
        `one); got ${margin}`,
    );
  }
  if (!METRICS.includes(metric)) {
    throw new RangeError(`The metric of a triplet loss is one of ${METRICS.join(", ")}; got ${metric}`);
  }
}
