/**
 * Whether one network ranks better than another on the same queries: the paired bootstrap. People are resampled, and with
 * them all their queries, since those of one person rise and fall together; each sample has the same queries for both
 * networks, so what is hard for both cancels.
 */
import { itemAt } from "../engine/item_at.ts";
import { type Estimate, estimate, resampledPeople, SAMPLES } from "./verification/resampled_people.ts";

/**
 * The difference of two mean average precisions, first minus second, with its 95 % interval.
 *
 * @param first average precision of every query by one network; NaN for a query without a right match.
 * @param second by the other network, for the same queries in the same order.
 * @param persons whom each query shows.
 * @throws {RangeError} if the lists have different lengths.
 */
export function pairedDifference(
  first: readonly number[],
  second: readonly number[],
  persons: ArrayLike<number>,
  seed: number,
  samples: number = SAMPLES,
): Estimate {
  if (first.length !== second.length || first.length !== persons.length) {
    throw new RangeError(
      `Cannot pair ${first.length} and ${second.length} precisions of the queries of ${persons.length} labels`,
    );
  }
  const people = new Map<number, { sum: number; queries: number }>();
  for (const [query, value] of first.entries()) {
    const difference = value - itemAt(second, query);
    if (Number.isNaN(difference)) continue;
    const person = itemAt(persons, query);
    const known = people.get(person) ?? { sum: 0, queries: 0 };
    people.set(person, { sum: known.sum + difference, queries: known.queries + 1 });
  }
  const list = [...people.values()];
  const times = resampledPeople([list.length], seed, samples);
  const mean = (timesOf: (person: number) => number) => {
    let sum = 0, queries = 0;
    for (const [person, own] of list.entries()) {
      sum += timesOf(person) * own.sum;
      queries += timesOf(person) * own.queries;
    }
    return sum / queries;
  };
  const drawn = Float64Array.from(
    { length: samples },
    (_, sample) => mean((person) => itemAt(times, person * samples + sample)),
  );
  return estimate(mean(() => 1), drawn);
}
