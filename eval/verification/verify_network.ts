/** How well thresholds on the distance do, for a network on a test: any threshold, and those that the network keeps. */
import type { Device } from "../../engine/mod.ts";
import type { Metric } from "../../kernels/mod.ts";
import { type SearchThreshold, searchThreshold } from "../../model/search_threshold.ts";
import { inMetric, type Thresholds } from "../../model/thresholds.ts";
import type { Benchmark, EmbeddedBenchmark } from "../benchmark.ts";
import { comparisonsIn, expectedRate, thresholdsFor, type ThresholdUse } from "./kept_thresholds.ts";
import type { OpenSet, OpenSetRates } from "./open_set.ts";
import { rateInterval } from "./share_interval.ts";
import type { PairKind } from "./pairs.ts";
import { type Unmeasured, unmeasuredComparisons, unmeasuredSearches } from "./unmeasured.ts";
import type { RatesAt, Verification } from "./verify.ts";

/** How a network is scored, and the thresholds that it keeps. */
export interface VerifiedUse extends ThresholdUse {
  readonly metric: Metric;
  readonly thresholds: readonly Thresholds[] | undefined;
}

/** A threshold of the network, and what the test measures of it. */
export interface KeptRate {
  /** The false-accept rate that it was chosen for. */
  readonly wanted: number;
  /** In which 95 % of tests measure it, if the threshold keeps its promise. */
  readonly expected: readonly [low: number, high: number];
  readonly measured: RatesAt;
}

/** Rates of all thresholds, and of those of the network. */
export interface Verified {
  readonly verification: readonly Verification[];
  readonly thresholds?: {
    /** On which the thresholds were chosen. */
    readonly people: number;
    readonly pairs: PairKind;
    readonly rates: readonly KeptRate[];
  };
  /** Why nothing of the thresholds that the network keeps is measured. */
  readonly unmeasured?: Unmeasured;
}

/** Verifies by all pairs of a test. Ranks share the work. */
export async function verifyNetwork(
  device: Device,
  benchmark: Pick<Benchmark, "verify">,
  embedded: EmbeddedBenchmark,
  use: VerifiedUse,
): Promise<Verified> {
  const kept = thresholdsFor(use.thresholds, use);
  const comparisons = kept ? comparisonsIn(kept, use.metric) : [];
  const distances = comparisons.map(({ distance }) => distance);
  const verification = await benchmark.verify(device, embedded, use.metric, distances);
  const same = verification.find(({ pairs }) => pairs === kept?.pairs);
  if (kept === undefined || same === undefined || comparisons.length === 0) {
    const unmeasured = unmeasuredComparisons(kept, use.metric, verification);
    return { verification, ...(unmeasured && { unmeasured }) };
  }
  const rates = same.thresholds.flatMap((measured, i): KeptRate[] => {
    const threshold = comparisons[i];
    if (threshold === undefined) return [];
    return [{
      wanted: threshold.falseAccept,
      expected: expectedRate(threshold, measured.falseAccept),
      measured,
    }];
  });
  return { verification, thresholds: { people: kept.people, pairs: kept.pairs, rates } };
}

/** Open-set rates, and those of the network's threshold for the galleries' sizes. */
export interface SearchedOpenSet extends Omit<OpenSet, "thresholds"> {
  readonly threshold?: OpenSetRates & {
    /** The rate of false alarms that it was chosen for. */
    readonly wanted: number;
    /** For the two galleries. */
    readonly distances: readonly number[];
    /** In which 95 % of tests measure the rate, if the threshold keeps its promise; where this is known and some are measured. */
    readonly expected?: readonly [low: number, high: number];
    /** Whether the rate is below those that the people of its estimate were enough for. */
    readonly extrapolated: boolean;
  };
  /** Why there is no threshold of the network. */
  readonly unmeasured?: Unmeasured;
}

/**
 * Searches for people of whom half are not in the gallery. Ranks share the work.
 *
 * @throws {DataError} If fewer than two people are searched for.
 */
export async function searchOpenSet(
  device: Device,
  benchmark: Pick<Benchmark, "openSet">,
  embedded: EmbeddedBenchmark,
  { metric, falseAlarm, ...use }: VerifiedUse & { readonly falseAlarm: number },
): Promise<SearchedOpenSet> {
  const kept = thresholdsFor(use.thresholds, use);
  const chosen: SearchThreshold[] = [];
  const limit = (gallery: number) => {
    const found = kept && searchThreshold(kept, falseAlarm, gallery);
    const distance = found && inMetric(found.distance, metric, use.unitLength);
    if (found === undefined || distance === undefined) return -1;
    chosen.push({ ...found, distance });
    return distance;
  };
  const { thresholds: [rates], ...openSet } = await benchmark.openSet(
    device,
    embedded,
    metric,
    kept ? [limit] : [],
  );
  if (rates === undefined || chosen.length < openSet.galleries.length) {
    return { ...openSet, unmeasured: unmeasuredSearches(kept, metric, openSet.galleries) };
  }
  const deviations = chosen.flatMap(({ deviation }) => deviation ?? []);
  const { value } = rates.falseAlarm;
  const expected = deviations.length === chosen.length && value > 0 && value < 1
    ? expectedRate(
      { falseAccept: falseAlarm, interval: rateInterval(falseAlarm, Math.max(...deviations)) },
      rates.falseAlarm,
    )
    : undefined;
  return {
    ...openSet,
    threshold: {
      ...rates,
      wanted: falseAlarm,
      ...(expected && { expected }),
      distances: chosen.map(({ distance }) => distance),
      extrapolated: chosen.some(({ extrapolated }) => extrapolated),
    },
  };
}
