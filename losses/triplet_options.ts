/** The settings that all triplet losses share. */
import { type Metric, METRICS } from "../kernels/mod.ts";

/** Settings of a triplet loss. */
export interface TripletOptions {
  /** How much farther than the positive a negative should be, in the metric's units; 0.3 by default. */
  readonly margin?: number;
  /** `euclidean` |a - b|, the default, `squared` |a - b|², or `angular` 1 - cosine. */
  readonly metric?: Metric;
  /** log(1 + e^x) of x = d(a, p) - d(a, n) in place of max(0, x + margin); the margin is then not used. False by default. */
  readonly softMargin?: boolean;
}

/** What a triplet loss is computed with where its options leave it out. */
export const TRIPLET_DEFAULTS: Readonly<Required<TripletOptions>> = {
  margin: 0.3,
  metric: "euclidean",
  softMargin: false,
};

/**
 * All settings of a triplet loss, those that are left out as {@link TRIPLET_DEFAULTS}.
 *
 * @throws {RangeError} when the margin is negative or not finite, or the metric has no such name.
 */
export function tripletOptions(options: TripletOptions = {}): Required<TripletOptions> {
  const {
    margin = TRIPLET_DEFAULTS.margin,
    metric = TRIPLET_DEFAULTS.metric,
    softMargin = TRIPLET_DEFAULTS.softMargin,
  } = options;
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(
      `The margin of a triplet loss is a finite number from 0 (0.2 to 0.5 are usual between embeddings of length ` +
        `one); got ${margin}`,
    );
  }
  if (!METRICS.includes(metric)) {
    throw new RangeError(`The metric of a triplet loss is one of ${METRICS.join(", ")}; got ${metric}`);
  }
  return { margin, metric, softMargin };
}
