/**
 * The threshold of a search of a gallery. A search by somebody who is not in the gallery compares one image with all of
 * it, and one image that is near enough is a false alarm: with the gallery, the rate of false alarms grows, and the threshold
 * must shrink (ISO/IEC 19795-1: false-positive identification rate).
 */
import type { SearchThresholds, Thresholds } from "./thresholds.ts";

/** A threshold for a gallery and a rate. */
export interface SearchThreshold {
  /** Images with at most this Euclidean distance are found. */
  readonly distance: number;
  /** Whether the rate, for a gallery of this size, is below those that the people of the estimate were enough for. */
  readonly extrapolated: boolean;
  /** Standard deviation of the logarithm of the rate, over other people; undefined for an extrapolated one. */
  readonly deviation?: number;
}

/** A rate that is lower than the lowest estimated one by more than this factor has no threshold. */
const MOST_EXTRAPOLATED = 3;

/** The slope of an extrapolation is that over the last rates within this factor. */
const SLOPE_FACTOR = 5;

/**
 * The distance up to which a search of `gallery` images, by somebody who is not among them, finds an image with a
 * probability of at most `falseAlarm`.
 *
 * It is that of the largest gallery that was estimated and is no larger. A gallery that is n times as large has at most n
 * times the rate (the union bound), so there the rate is divided by n. Below the lowest rate that was estimated, the logarithm
 * of the rate is continued as a line, as far as to a third of that rate. The few people who look most alike decide such a
 * rate, so it can be several times as large for other people.
 *
 * @returns Undefined for a lower rate, and where not even a distance of 0 is small enough.
 */
export function searchThreshold(
  { searches }: Pick<Thresholds, "searches">,
  falseAlarm: number,
  gallery: number,
): SearchThreshold | undefined {
  const largest = largestOf(searches, gallery);
  if (largest === undefined) return undefined;
  const rate = falseAlarm * Math.min(1, largest.gallery / gallery);
  const found = distanceAt(largest.points, rate);
  return found !== undefined && found.distance > 0 ? found : undefined;
}

/** The lowest rate for a gallery that the people of the estimate were enough for, without extrapolating. */
export function lowestFalseAlarm(
  { searches }: Pick<Thresholds, "searches">,
  gallery: number,
): number | undefined {
  const largest = largestOf(searches, gallery), last = largest?.points.at(-1);
  return largest && last && last[0] * Math.max(1, gallery / largest.gallery);
}

/** The estimate for the largest gallery that is no larger. */
function largestOf(searches: readonly SearchThresholds[], gallery: number): SearchThresholds | undefined {
  return searches.findLast((each) => each.gallery <= gallery) ?? searches[0];
}

function distanceAt(points: SearchThresholds["points"], rate: number): SearchThreshold | undefined {
  const after = points.findIndex(([falseAlarm]) => falseAlarm <= rate);
  const first = points[0], last = points.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (after === 0) return { distance: first[1], extrapolated: false, ...deviationOf(first) };
  if (rate * MOST_EXTRAPOLATED < last[0]) return undefined;
  const extrapolated = after < 0;
  const [low, high] = extrapolated
    ? [last, slopeBegin(points)]
    : [points[after] ?? last, points[after - 1] ?? first];
  if (high === undefined) return undefined;
  const steps = Math.log(high[0] / low[0]);
  // Without a slope there is nothing to continue.
  if (extrapolated && !(steps > 0 && high[1] > low[1])) return undefined;
  const distance = low[1] + (high[1] - low[1]) * Math.log(rate / low[0]) / steps;
  return { distance, extrapolated, ...(!extrapolated && deviationOf(low)) };
}

const deviationOf = ([, , deviation]: SearchThresholds["points"][number]) =>
  deviation === undefined ? {} : { deviation };

/** The point from which a line to the last one is continued. */
function slopeBegin(points: SearchThresholds["points"]): SearchThresholds["points"][number] | undefined {
  const before = points.slice(0, -1), last = points.at(-1);
  return before.find(([falseAlarm]) => last !== undefined && falseAlarm <= SLOPE_FACTOR * last[0]) ??
    before.at(-1);
}
