/**
 * Open-set search: some people who are searched for are not in the gallery. Half of the people, drawn by a seed, are left out
 * of it, then the other half, so that everybody searches once among images of themselves and once in vain. Rates are those
 * of watch lists (Grother, Ngan and Hanaoka 2019, NISTIR 8271; Phillips, Grother and Micheals 2011, "Evaluation methods in face
 * recognition"):
 *
 * - false-positive identification rate (FPIR): the share of searches in vain that find an image within the threshold;
 * - detection and identification rate (DIR) at rank 1: the share of searches by people in the gallery whose nearest image is
 *   one of theirs and within the threshold.
 */
import { DataError } from "../../data/errors.ts";
import { itemAt } from "../../engine/item_at.ts";
import { Random } from "../../engine/random.ts";
import { type ImageLabels, JUNK, topMatches } from "../ranking.ts";
import { type Share, WHOLE } from "../share.ts";
import { type Estimate, estimate, resampledPeople, SAMPLES } from "./resampled_people.ts";
import { exactAtEnds, jackknifeDeviation, shareEstimate } from "./share_interval.ts";
import { LEAST_ERRORS } from "./verify.ts";

/** Rates of false alarms at which people are identified. */
export const FALSE_ALARM_RATES = [1e-1, 1e-2] as const;

/** The seed of the halves, and of the samples. */
const SEED = 1;

/** Queries and a gallery with their distances. */
export interface OpenSetProblem {
  readonly queries: ImageLabels;
  readonly gallery: ImageLabels;
  /** The rows of this process: the query of each and its distances to the whole gallery. */
  rows(): AsyncIterable<readonly [query: number, distances: Float32Array]>;
}

/** One search of a gallery from which half of the people are left out. */
interface Search {
  readonly person: number;
  readonly identity: number;
  readonly half: 0 | 1;
  /** Whether the person is in the gallery. */
  readonly isMated: boolean;
  /** Of the nearest image. */
  readonly distance: number;
  /** Whether the nearest image shows the person. */
  readonly isRight: boolean;
  /** Whom the nearest image shows, 0 for a distractor, and the distance of the nearest one of somebody else. */
  readonly nearest: number;
  readonly next: number;
}

/** Rates of a threshold. */
export interface OpenSetRates {
  /** FPIR. */
  readonly falseAlarm: Estimate;
  /** DIR at rank 1. */
  readonly identified: Estimate;
}

/** What open-set search measures. */
export interface OpenSet {
  /** Images of the two galleries. */
  readonly galleries: readonly [number, number];
  /** Searches by people who are in the gallery, and by people who are not. */
  readonly mated: number;
  readonly unmated: number;
  /** DIR at rates of false alarms, with the largest threshold that has at most that rate in this test. */
  readonly points: readonly {
    readonly rate: number;
    readonly distance: number;
    readonly identified: Estimate;
  }[];
  /** Of the thresholds asked for. */
  readonly thresholds: readonly OpenSetRates[];
}

/**
 * Searches twice for every query.
 *
 * @param thresholds For each threshold of which rates are wanted, the distance for a gallery of a number of images.
 * @param share That of this process, where several search together; all get the result.
 * @throws {RangeError} If a distance is NaN.
 * @throws {DataError} If fewer than two people are searched for.
 */
export async function openSet(
  problem: OpenSetProblem,
  thresholds: readonly ((gallery: number) => number)[] = [],
  share: Share = WHOLE,
): Promise<OpenSet> {
  const { queries, gallery } = problem;
  const people = [...new Set(queries.identity)].sort((a, b) => a - b);
  if (people.length < 2) {
    throw new DataError(
      "Of one person, half cannot be left out of the gallery. Give a test of more people.",
      {
        remedies: [{ kind: "set", settings: { openSet: false } }],
      },
    );
  }
  const halves = halvesOf([...new Set([...people, ...gallery.identity])].filter((identity) => identity > 0));
  // A gallery without a half of the people: their images count as junk.
  const galleries = ([0, 1] as const).map((half): ImageLabels => ({
    identity: gallery.identity.map((identity) => halves.get(identity) === half ? JUNK : identity),
    camera: gallery.camera,
  }));
  const own: Search[] = [];
  for await (const [query, distances] of problem.rows()) {
    const identity = itemAt(queries.identity, query), camera = itemAt(queries.camera, query);
    for (const half of [0, 1] as const) {
      const isMated = halves.get(identity) !== half;
      const labels = itemAt(galleries, half);
      const isFindable = labels.identity.some((other, j) =>
        other === identity && labels.camera[j] !== camera
      );
      const [nearest] = topMatches(distances, 1, labels, identity, camera);
      if (nearest === undefined || (isMated && !isFindable)) continue;
      const { distance, right: isRight } = nearest;
      const nearestOne = itemAt(labels.identity, nearest.index);
      const next = isMated ? Infinity : nearestOfOthers(distances, labels, nearestOne);
      own.push({
        person: people.indexOf(identity),
        identity,
        half,
        isMated,
        distance,
        isRight,
        nearest: nearestOne,
        next,
      });
    }
  }
  const searches = (await share.gather(own)).flat();
  const [first = 0, second = 0] = galleries.map(({ identity }) =>
    identity.filter((each) => each !== JUNK).length
  );
  const times = resampledPeople([people.length], SEED);
  const { rates, point } = rating(searches, times, [...halves.keys()]);
  const unmated = searches.filter(({ isMated }) => !isMated).length;
  return {
    galleries: [first, second],
    mated: searches.length - unmated,
    unmated,
    points: FALSE_ALARM_RATES.filter((rate) => rate * unmated >= LEAST_ERRORS).map(point),
    thresholds: thresholds.map((of) => rates([of(first), of(second)])),
  };
}

/** The distance of the nearest image of somebody else than a person; distractors are somebody each. */
function nearestOfOthers(distances: Float32Array, { identity }: ImageLabels, person: number): number {
  let nearest = Infinity;
  for (let j = 0; j < distances.length; j++) {
    const other = identity[j];
    if (other !== JUNK && other !== person && distances[j]! < nearest) nearest = distances[j]!;
  }
  return nearest;
}

/** Half of the people, drawn, are 0, and the others 1. */
function halvesOf(people: readonly number[]): Map<number, 0 | 1> {
  const order = new Random(SEED).shuffle(people.toSorted((a, b) => a - b));
  return new Map(order.map((identity, i) => [identity, i % 2 === 0 ? 0 : 1]));
}

/**
 * The rates of searches. The interval of false alarms is by leaving out one person after the other, among those who search and
 * in the gallery; that of people identified is by resampling those who search, while the gallery stays.
 */
function rating(searches: readonly Search[], times: Uint8Array, people: readonly number[]) {
  const unmated = searches.filter(({ isMated }) => !isMated).sort((a, b) => a.distance - b.distance);
  const mated = searches.filter(({ isMated }) => isMated);
  const weightIn = (sample: number | undefined) => ({ person }: Search) =>
    sample === undefined ? 1 : itemAt(times, person * SAMPLES + sample);
  const shareOf = (list: readonly Search[], counts: (search: Search) => boolean, sample?: number) => {
    const weight = weightIn(sample);
    let sum = 0, total = 0;
    for (const search of list) {
      total += weight(search);
      if (counts(search)) sum += weight(search);
    }
    return sum / total;
  };
  /** The largest distance of a search in vain with which no more than this share of them find something. */
  const distanceAt = (rate: number, sample?: number) => {
    const weight = weightIn(sample);
    const total = unmated.reduce((sum, search) => sum + weight(search), 0);
    let sum = 0, reached = 0, i = 0;
    while (i < unmated.length) {
      const { distance } = itemAt(unmated, i);
      for (; unmated[i]?.distance === distance; i++) sum += weight(itemAt(unmated, i));
      if (sum > rate * total) break;
      reached = distance;
    }
    return reached;
  };
  const estimated = (of: (sample?: number) => number): Estimate =>
    exactAtEnds(
      estimate(of(), Float64Array.from({ length: SAMPLES }, (_, sample) => of(sample))),
      new Set(mated.map(({ person }) => person)).size,
    );
  const isFound = (limits: readonly [number, number]) => ({ distance, half }: Search) =>
    distance <= limits[half];
  const falseAlarm = (limits: readonly [number, number]): Estimate => {
    const searching = new Set(unmated.map(({ person }) => person)).size;
    const without = people.map((left) => {
      const others = unmated.filter(({ identity }) => identity !== left);
      return shareOf(
        others,
        ({ half, nearest, distance, next }) => (nearest === left ? next : distance) <= limits[half],
      );
    });
    return shareEstimate(shareOf(unmated, isFound(limits)), jackknifeDeviation(without), searching);
  };
  const identified = (limits: readonly [number, number], sample?: number) =>
    shareOf(mated, (search) => search.isRight && isFound(limits)(search), sample);
  return {
    rates: (limits: readonly [number, number]): OpenSetRates => ({
      falseAlarm: falseAlarm(limits),
      identified: estimated((sample) => identified(limits, sample)),
    }),
    point: (rate: number) => ({
      rate,
      distance: distanceAt(rate),
      identified: estimated((sample) => {
        const distance = distanceAt(rate, sample);
        return identified([distance, distance], sample);
      }),
    }),
  };
}
