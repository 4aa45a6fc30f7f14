/** How sure the rates of false alarms of search thresholds are, by the people that they are estimated on. */
import { itemAt } from "../../engine/item_at.ts";
import type { SearchThresholds } from "../../model/thresholds.ts";
import { jackknifeDeviation } from "./share_interval.ts";

/** The searches of one point of {@link SearchThresholds}. */
interface PointSums {
  /** Probability of a false alarm, summed over the searches. */
  alarms: number;
  /** For each person, what of that is due to the person, as the one who searches or as the only ones near enough. */
  readonly due: Float64Array;
}

/** Adds up searches of galleries of some sizes, and what of their false alarms is due to each person. */
export class SearchDeviations {
  readonly #searches: readonly SearchThresholds[];
  readonly #sums: readonly (readonly PointSums[])[];
  /** Whom each image shows, numbered from 0. */
  readonly #person: Int32Array;
  /** Searches of each person. */
  readonly #probes: Float64Array;
  readonly #farthest: number;

  constructor(identity: Int32Array, searches: readonly SearchThresholds[]) {
    const numbers = new Map([...new Set(identity)].map((each, i) => [each, i]));
    this.#person = identity.map((each) => numbers.get(each) ?? -1);
    this.#probes = new Float64Array(numbers.size);
    this.#searches = searches;
    this.#sums = searches.map(({ points }) =>
      points.map(() => ({ alarms: 0, due: new Float64Array(numbers.size) }))
    );
    this.#farthest = Math.max(...searches.flatMap(({ points }) => points.map(([, distance]) => distance)));
  }

  /** An image searches. @param row Its distances to all images. */
  add(probe: number, row: Float32Array): void {
    const own = itemAt(this.#person, probe);
    this.#probes[own]! += 1;
    let count = 0;
    const near: number[] = [];
    for (let j = 0; j < row.length; j++) {
      if (this.#person[j] === own) continue;
      count++;
      if (row[j]! <= this.#farthest) near.push(j);
    }
    near.sort((a, b) => row[a]! - row[b]!);
    for (const [i, { gallery, points }] of this.#searches.entries()) {
      // The probability that none of the k nearest is in the part.
      const none = [1];
      for (let k = 0; k < near.length; k++) {
        none.push(none[k]! * Math.max(0, (count - gallery - k) / (count - k)));
      }
      const counts = new Map<number, number>();
      let k = 0;
      for (let point = points.length - 1; point >= 0; point--) {
        const [, distance] = itemAt(points, point);
        for (; k < near.length && row[near[k]!]! <= distance; k++) {
          const person = itemAt(this.#person, itemAt(near, k));
          counts.set(person, (counts.get(person) ?? 0) + 1);
        }
        const sums = itemAt(itemAt(this.#sums, i), point), missed = itemAt(none, k);
        sums.alarms += 1 - missed;
        sums.due[own]! += 1 - missed;
        for (const [person, of] of counts) sums.due[person]! += itemAt(none, k - of) - missed;
      }
    }
  }

  /** The thresholds, each with the standard deviation of the logarithm of its rate. */
  thresholds(): SearchThresholds[] {
    const probes = this.#probes.reduce((sum, each) => sum + each, 0);
    return this.#searches.map(({ gallery, points }, i) => ({
      gallery,
      points: points.map(([rate, distance], point) => {
        const { alarms, due } = itemAt(itemAt(this.#sums, i), point);
        const without = Array.from(due, (of, person) => (alarms - of) / (probes - this.#probes[person]!));
        return [rate, distance, jackknifeDeviation(without) * probes / alarms] as const;
      }),
    }));
  }
}
