/**
 * Verification: do two images show the same person? The rates of all thresholds on the distance, with 95 % intervals, over
 * all pairs of a query and a gallery image.
 */
import { itemAt } from "../../engine/item_at.ts";
import { type Share, WHOLE } from "../share.ts";
import { binOfDistance, upperEnd } from "./distance_bins.ts";
import { countPairs, type PairCounts } from "./pair_counts.ts";
import { numberPeople, PAIR_KINDS, type PairKind, type PairProblem } from "./pairs.ts";
import { countResampled, type ResampledCounts } from "./resampled_counts.ts";
import { type Estimate, estimate, SAMPLES } from "./resampled_people.ts";
import { areaUnder, equalErrorRate, pointAt, type Roc, rocOf, trueAcceptAt } from "./roc.ts";

/** False-accept rates at which the true-accept rate is given. */
export const FALSE_ACCEPT_RATES = [1e-1, 1e-2, 1e-3, 1e-4] as const;

/** False accepts that a rate must be of (Doddington et al. 2000: of 30 errors, a rate is within 30 % with 90 % confidence). */
export const LEAST_ERRORS = 30;

/** The seed of the samples: equal distances have equal intervals. */
const SEED = 1;

/** Points of the curve for each decade of false-accept rates, and for all true-accept rates. */
const PER_DECADE = 24, TRUE_ACCEPT_POINTS = 64;

/** Rates of one threshold. */
export interface RatesAt {
  /** Pairs with at most this distance count as one person. */
  readonly distance: number;
  readonly falseAccept: Estimate;
  readonly trueAccept: Estimate;
}

/** The true-accept rate at a false-accept rate. */
export interface OperatingPoint {
  /** The rate asked for. */
  readonly rate: number;
  /** The largest threshold with at most this rate among the pairs at hand; −1 where pairs at distance 0 exceed it. */
  readonly distance: number;
  /** Of that threshold. */
  readonly falseAccept: Estimate;
  readonly trueAccept: Estimate;
}

/** The rates of one kind of pairs. */
export interface Verification {
  readonly pairs: PairKind;
  /** Pairs of one person. */
  readonly positives: number;
  /** Pairs of two people. */
  readonly negatives: number;
  /** Area under the ROC curve. */
  readonly auc: Estimate;
  /** Equal error rate. */
  readonly eer: Estimate;
  /** At the rates that there are pairs enough for: at least {@link LEAST_ERRORS} false accepts. */
  readonly points: readonly OperatingPoint[];
  /** Of the thresholds asked for. */
  readonly thresholds: readonly RatesAt[];
  /** The ROC curve, thinned; `falseAccept`, `trueAccept` and `distance` of each point, ascending. */
  readonly curve: readonly (readonly [falseAccept: number, trueAccept: number, distance: number])[];
}

/**
 * Verifies by all pairs. A kind without pairs of one person, or of two, is left out: a dataset with one camera has no
 * cross-camera pairs.
 *
 * @param thresholds Distances whose rates are wanted too.
 * @param share That of this process, where several work together; all get the result.
 * @throws {RangeError} If a distance is NaN.
 */
export async function verify(
  problem: PairProblem,
  thresholds: readonly number[] = [],
  share: Share = WHOLE,
): Promise<Verification[]> {
  const people = numberPeople(problem);
  const counts = await countPairs(problem, people, share);
  const rocs = counts.map(({ positives, negatives }) => rocOf(positives, negatives));
  const points = counts.map((kind, i) => chosenPoints(kind, rocs[i]!, thresholds));
  const ends = counts.map(({ bins }, kind) =>
    Int32Array.from(points[kind]!.filter((point) => point > 0), (point) => itemAt(bins, point - 1))
  );
  const resampled = await countResampled(problem, people, ends, SEED, share);
  return PAIR_KINDS.flatMap((pairs, kind) => {
    const found = rates(pairs, counts[kind]!, rocs[kind]!, points[kind]!, resampled[kind]!, thresholds);
    return found.positives > 0 && found.negatives > 0 ? [found] : [];
  });
}

/** The false-accept rates that a number of pairs supports. */
export function supportedRates(negatives: number): number[] {
  return FALSE_ACCEPT_RATES.filter((rate) => rate * negatives >= LEAST_ERRORS);
}

/** Indices of points of a curve at about equal steps of both rates, and at thresholds; ascending, each once. */
function chosenPoints(counts: PairCounts, roc: Roc, thresholds: readonly number[]): number[] {
  const negatives = total(counts.negatives);
  const chosen = new Set(thresholds.map((distance) => pointOf(counts, distance)));
  if (negatives === 0 || total(counts.positives) === 0) return [];
  for (const rate of FALSE_ACCEPT_RATES) chosen.add(pointAt(roc, rate));
  const decades = Math.ceil(Math.log10(negatives));
  for (let i = 0; i <= decades * PER_DECADE; i++) chosen.add(pointAt(roc, 10 ** (-i / PER_DECADE)));
  const byTrueAccept = { falseAccept: roc.trueAccept, trueAccept: roc.falseAccept };
  for (let i = 0; i <= TRUE_ACCEPT_POINTS; i++) chosen.add(pointAt(byTrueAccept, i / TRUE_ACCEPT_POINTS));
  return [...chosen].sort((a, b) => a - b);
}

/** The last point of the curve whose threshold is at most a distance, by bins. */
function pointOf({ bins }: PairCounts, distance: number): number {
  const bin = binOfDistance(distance);
  return bins.findLastIndex((each) => each <= bin) + 1;
}

const total = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);

function rates(
  pairs: PairKind,
  counts: PairCounts,
  roc: Roc,
  points: readonly number[],
  { positives, negatives }: ResampledCounts,
  thresholds: readonly number[],
): Verification {
  const classes = positives.length / SAMPLES;
  const samples = Array.from({ length: SAMPLES }, (_, sample) => {
    const ofSample = (sums: Float64Array) =>
      Float64Array.from({ length: classes }, (_, of) => sums[of * SAMPLES + sample]!);
    return rocOf(ofSample(positives), ofSample(negatives));
  });
  const estimated = (value: number, of: (roc: Roc) => number) => estimate(value, samples.map(of));
  const belowAll = counts.bins[0] ? upperEnd(counts.bins[0] - 1) : -1;
  const distanceOf = (point: number) => counts.distances[point - 1] ?? belowAll;
  const inSamples = points.filter((point) => point > 0);
  const atPoint = (point: number, of: keyof Roc) =>
    estimated(itemAt(roc[of], point), (sample) => sample[of][inSamples.indexOf(point) + 1]!);
  return {
    pairs,
    positives: total(counts.positives),
    negatives: total(counts.negatives),
    auc: estimated(areaUnder(roc), areaUnder),
    eer: estimated(equalErrorRate(roc), equalErrorRate),
    points: supportedRates(total(counts.negatives)).map((rate) => {
      const point = pointAt(roc, rate);
      return {
        rate,
        distance: distanceOf(point),
        falseAccept: atPoint(point, "falseAccept"),
        trueAccept: estimated(itemAt(roc.trueAccept, point), (sample) => trueAcceptAt(sample, rate)),
      };
    }),
    thresholds: thresholds.map((distance) => {
      const point = pointOf(counts, distance);
      return {
        distance,
        falseAccept: atPoint(point, "falseAccept"),
        trueAccept: atPoint(point, "trueAccept"),
      };
    }),
    curve: points.map((point) =>
      [itemAt(roc.falseAccept, point), itemAt(roc.trueAccept, point), distanceOf(point)] as const
    ),
  };
}
