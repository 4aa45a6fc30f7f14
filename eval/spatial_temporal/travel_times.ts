/** Travel times of people between cameras, estimated by smoothed histograms. */

/** One person seen by one camera. */
export interface Sight {
  readonly identity: number;
  readonly camera: number;
  /** In frames, by a clock that all images of the camera share. */
  readonly time: number;
}

/** Frames in a bin of the histograms, and the Gaussian's standard deviation in bins. */
export interface HistogramOptions {
  readonly bin: number;
  readonly deviation: number;
}

/** The settings of the authors' program. */
export const HISTOGRAM: HistogramOptions = { bin: 100, deviation: 50 };

/** Standard deviations at which the Gaussian is cut off. */
const REACH = 3;

/**
 * The spatial-temporal stream of st-ReID (Wang, Lai, Huang & Xie 2019, "Spatial-Temporal Person Re-identification"),
 * as computed by the authors' program, which produced the published figures:
 *
 *   t(i, a)     mean time of the images of identity i by camera a
 *   n(a, b, k)  identities with t(i, a) - t(i, b) >= 0 in bin k = floor((t(i, a) - t(i, b)) / bin): those that were
 *               at a after b, so that each order of two cameras has a separate histogram
 *   p(a, b, k)  sum over l of n(a, b, l) · exp(-(k - l)² / 2σ²) for |k - l| <= 3σ (Parzen's method), divided by its
 *               sum over all k >= 0
 *
 * p is 0 where nobody was seen by both cameras in this order, and for images of one camera: the protocol has no right
 * match by the query's camera, so that all images by that camera move back a little, at any time.
 *
 * p ignores how often two different people are that far apart in time. Where times carry no information, it therefore
 * moves images at random, and more so the fewer bins the times fall into.
 */
export class TravelTimes {
  /** p by bin, for each order of two cameras. */
  readonly #curves = new Map<string, Float64Array>();
  readonly #bin: number;

  /** Estimates the histograms from images of known people: the training images. */
  constructor(images: Iterable<Sight>, { bin, deviation }: HistogramOptions = HISTOGRAM) {
    this.#bin = bin;
    const counts = new Map<string, Map<number, number>>();
    for (const cameras of meanTimes(images).values()) {
      for (const [a, timeA] of cameras) {
        for (const [b, timeB] of cameras) {
          if (a === b || !comesAfter(a, timeA, b, timeB)) continue;
          const order = key(a, b);
          const histogram = counts.get(order) ?? new Map<number, number>();
          counts.set(order, histogram);
          const k = Math.floor((timeA - timeB) / bin);
          histogram.set(k, (histogram.get(k) ?? 0) + 1);
        }
      }
    }
    for (const [order, histogram] of counts) this.#curves.set(order, smooth(histogram, deviation));
  }

  /** p of two images, in any order: the share of people who take about this time between the cameras. */
  probability(cameraA: number, timeA: number, cameraB: number, timeB: number): number {
    const [later, earlier] = comesAfter(cameraA, timeA, cameraB, timeB)
      ? [cameraA, cameraB]
      : [cameraB, cameraA];
    const curve = this.#curves.get(key(later, earlier));
    return curve?.[Math.floor(Math.abs(timeA - timeB) / this.#bin)] ?? 0;
  }
}

function key(later: number, earlier: number): string {
  return `${later} after ${earlier}`;
}

/** Where times are equal, the camera with the higher number counts as later. */
function comesAfter(cameraA: number, timeA: number, cameraB: number, timeB: number): boolean {
  return timeA > timeB || (timeA === timeB && cameraA > cameraB);
}

/** Mean time by identity, then by camera. */
function meanTimes(images: Iterable<Sight>): Map<number, Map<number, number>> {
  const sums = new Map<number, Map<number, { sum: number; count: number }>>();
  for (const { identity, camera, time } of images) {
    const cameras = sums.get(identity) ?? new Map<number, { sum: number; count: number }>();
    sums.set(identity, cameras);
    const { sum, count } = cameras.get(camera) ?? { sum: 0, count: 0 };
    cameras.set(camera, { sum: sum + time, count: count + 1 });
  }
  return new Map(
    sums.entries().map(([identity, cameras]) => [
      identity,
      new Map(cameras.entries().map(([camera, { sum, count }]) => [camera, sum / count])),
    ]),
  );
}

/** Counts by bin → p by bin, up to the last bin that is not 0. */
function smooth(histogram: ReadonlyMap<number, number>, deviation: number): Float64Array {
  const reach = Math.floor(REACH * deviation);
  const curve = new Float64Array(Math.max(...histogram.keys()) + reach + 1);
  for (const [l, count] of histogram) {
    for (let k = Math.max(0, l - reach); k <= l + reach; k++) {
      curve[k]! += count * Math.exp(-((k - l) ** 2) / (2 * deviation ** 2));
    }
  }
  const total = curve.reduce((sum, p) => sum + p, 0);
  return curve.map((p) => p / total);
}
