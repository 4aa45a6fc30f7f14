/** Counts of pairs in every sample of a bootstrap over people. */
import { type Share, WHOLE } from "../share.ts";
import { binOf, bitsOf } from "./distance_bins.ts";
import { forEachPair, PAIR_KINDS, type PairProblem, type People } from "./pairs.ts";
import { resampledPeople, SAMPLES } from "./resampled_people.ts";

/** Weighted counts of one kind of pairs, [classes, samples]: class c holds the pairs up to the c-th end, the last all others. */
export interface ResampledCounts {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/** Pairs of a query's person with one person in one class, until they are added up. */
class Cells {
  readonly counts: Uint32Array;
  readonly touched: number[] = [];

  constructor(readonly people: number, readonly classes: number) {
    this.counts = new Uint32Array(people * classes);
  }

  add(person: number, of: number): void {
    const cell = person * this.classes + of;
    if (this.counts[cell] === 0) this.touched.push(cell);
    this.counts[cell]! += 1;
  }
}

/**
 * Counts the pairs of every sample.
 *
 * @param ends For each kind, in the order of `PAIR_KINDS`, bins in ascending order: the last of each class but the last.
 * @param share That of this process, where several count together; all get the result.
 */
export async function countResampled(
  problem: PairProblem,
  people: People,
  ends: readonly Int32Array[],
  seed: number,
  share: Share = WHOLE,
  samples: number = SAMPLES,
): Promise<ResampledCounts[]> {
  const times = resampledPeople(people.groups, seed, samples);
  const [known, distractors] = people.groups;
  const sums = ends.map(({ length }) => ({
    positives: new Float64Array((length + 1) * samples),
    negatives: new Float64Array((length + 1) * samples),
  }));
  const cells = ends.map(({ length }) => new Cells(known + distractors, length + 1));
  const classes = ends.map(classOfBins);

  /** Adds the pairs of one person's queries to all samples that the person is in. */
  const flush = (person: number) => {
    const own = times.subarray(person * samples, (person + 1) * samples);
    const drawn = Int32Array.from(own.keys().filter((sample) => own[sample]! > 0));
    for (const [kind, { counts, touched, classes }] of cells.entries()) {
      const { positives, negatives } = sums[kind]!;
      for (const cell of touched) {
        const of = cell % classes, other = (cell - of) / classes, count = counts[cell]!;
        const into = of * samples, from = other * samples;
        counts[cell] = 0;
        if (other === person) {
          for (const sample of drawn) positives[into + sample]! += count * own[sample]!;
        } else {
          for (const sample of drawn) {
            negatives[into + sample]! += count * own[sample]! * times[from + sample]!;
          }
        }
      }
      touched.length = 0;
    }
  };

  let asking: number | undefined;
  for await (const [query, distances] of problem.rows()) {
    const person = people.queries[query]!;
    if (asking !== undefined && asking !== person) flush(asking);
    asking = person;
    const bits = bitsOf(distances);
    forEachPair(problem, people, query, (j, kind) => {
      cells[kind]!.add(people.gallery[j]!, classes[kind]!(binOf(bits[j]!)));
    });
  }
  if (asking !== undefined) flush(asking);

  const all = await share.gather(sums);
  return PAIR_KINDS.map((_, kind) => {
    const sum = (of: keyof ResampledCounts) =>
      all.map((rank) => rank[kind]![of]).reduce((a, b) => a.map((value, i) => value + b[i]!));
    return { positives: sum("positives"), negatives: sum("negatives") };
  });
}

/** From a bin to its class: the number of ends below it. */
function classOfBins(ends: Int32Array): (bin: number) => number {
  const first = ends[0] ?? 0, last = ends.at(-1) ?? -1;
  const table = new Uint16Array(last - first + 1);
  for (let bin = first, of = 0; bin <= last; bin++) {
    table[bin - first] = of;
    if (bin === ends[of]) of++;
  }
  return (bin) => bin <= first ? 0 : bin > last ? ends.length : table[bin - first]!;
}
