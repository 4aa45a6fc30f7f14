/**
 * The bootstrap over people. Pairs of images are not independent: all pairs with an image of one person rise and fall
 * together. So people are resampled, and with them all their pairs (Bolle, Ratha and Pankanti 2004, "Error analysis of
 * pattern recognition systems: the subsets bootstrap"). A pair of two people depends on both: it counts as often as the
 * one is drawn, times as often as the other is (Snijders and Borgatti 1999, "Non-parametric standard errors and tests for
 * network statistics").
 */
import { itemAt } from "../../engine/item_at.ts";
import { Random } from "../../engine/random.ts";

/** Samples of an interval. */
export const SAMPLES = 1000;

/** The limits of an interval, as shares of the samples below them. */
const LOW = 0.025, HIGH = 0.975;

/** A value with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * How often each person is in each sample: people are drawn with replacement, as many as there are.
 *
 * @param groups Numbers of people that are resampled among themselves, one group after the other.
 * @returns [people, samples].
 */
export function resampledPeople(
  groups: readonly number[],
  seed: number,
  samples: number = SAMPLES,
): Uint8Array {
  const random = new Random(seed);
  const times = new Uint8Array(groups.reduce((sum, count) => sum + count, 0) * samples);
  for (let sample = 0; sample < samples; sample++) {
    let first = 0;
    for (const count of groups) {
      for (let draw = 0; draw < count; draw++) {
        times[(first + random.integer(count)) * samples + sample]! += 1;
      }
      first += count;
    }
  }
  return times;
}

/** A value with the interval that holds 95 % of the samples' values (the percentile method); NaN are left out. */
export function estimate(value: number, samples: ArrayLike<number>): Estimate {
  const sorted = Float64Array.from(samples).filter((sample) => !Number.isNaN(sample)).sort();
  if (sorted.length === 0) return { value, low: NaN, high: NaN };
  const at = (share: number) => {
    const place = share * (sorted.length - 1), below = Math.floor(place);
    const lower = itemAt(sorted, below), upper = sorted[below + 1] ?? lower;
    return lower + (place - below) * (upper - lower);
  };
  return { value, low: at(LOW), high: at(HIGH) };
}
