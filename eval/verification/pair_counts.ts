/** Counts of pairs by their distances: exact, in bins whose ends are exact too. */
import { nanDistance } from "../ranking.ts";
import { type Share, WHOLE } from "../share.ts";
import { binOf, BINS, bitsOf, upperEnd } from "./distance_bins.ts";
import { forEachPair, PAIR_KINDS, type PairProblem, type People } from "./pairs.ts";

/** The pairs of one kind. */
export interface PairCounts {
  /** The bins that hold a pair, ascending. */
  readonly bins: Int32Array;
  /** The largest distance of each. */
  readonly distances: Float64Array;
  /** Pairs of one person in each. */
  readonly positives: Float64Array;
  /** Pairs of two people in each. */
  readonly negatives: Float64Array;
}

/** A bin's number, pairs of one person, and pairs of two. */
type Filled = readonly [bin: number, positives: number, negatives: number];

/**
 * Counts all pairs.
 *
 * @param share That of this process, where several count together; all get the result.
 * @returns The counts of each kind, in the order of `PAIR_KINDS`.
 * @throws {RangeError} If a distance is NaN.
 */
export async function countPairs(
  problem: PairProblem,
  people: People,
  share: Share = WHOLE,
): Promise<PairCounts[]> {
  const counts = PAIR_KINDS.map(() => ({
    positives: new Uint32Array(BINS),
    negatives: new Uint32Array(BINS),
  }));
  for await (const [query, distances] of problem.rows()) {
    const bits = bitsOf(distances), person = people.queries[query];
    forEachPair(problem, people, query, (j, kind) => {
      const bin = binOf(bits[j]!);
      if (bin >= BINS) throw nanDistance(j);
      const { positives, negatives } = counts[kind]!;
      const pairs = people.gallery[j] === person ? positives : negatives;
      pairs[bin]! += 1;
    });
  }
  const own = counts.map(({ positives, negatives }) => {
    const filled: Filled[] = [];
    for (let bin = 0; bin < BINS; bin++) {
      if (positives[bin]! + negatives[bin]! > 0) filled.push([bin, positives[bin]!, negatives[bin]!]);
    }
    return filled;
  });
  const all = await share.gather(own);
  return PAIR_KINDS.map((_, kind) => added(all.map((rank) => rank[kind] ?? [])));
}

function added(lists: readonly (readonly Filled[])[]): PairCounts {
  const sums = new Map<number, [positives: number, negatives: number]>();
  for (const [bin, positives, negatives] of lists.flat()) {
    const [p, n] = sums.get(bin) ?? [0, 0];
    sums.set(bin, [p + positives, n + negatives]);
  }
  const filled = [...sums].sort(([a], [b]) => a - b);
  return {
    bins: Int32Array.from(filled, ([bin]) => bin),
    distances: Float64Array.from(filled, ([bin]) => upperEnd(bin)),
    positives: Float64Array.from(filled, ([, [positives]]) => positives),
    negatives: Float64Array.from(filled, ([, [, negatives]]) => negatives),
  };
}
