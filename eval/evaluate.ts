/** Scores of a network on a dataset's queries and gallery. */
import type { Device } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";
import { type EmbeddedSet, rankGallery } from "./rank_gallery.ts";
import { JUNK, type RankedMatch, RankingAccumulator, type RankingResult } from "./ranking.ts";

/** Scores, and what a report shows beside them. */
export interface Evaluation {
  readonly scores: RankingResult;
  /** Per query its nearest gallery images, after removal of those that don't count. */
  readonly top: RankedMatch[][];
  /** Distances of pairs of one person seen by two cameras. */
  readonly positives: number[];
  /** Distances of pairs of two people: a regular sample. */
  readonly negatives: number[];
}

/** Nearest gallery images that are told of every query. */
export const TOP = 10;
/** About how many distances to other people are sampled of every query. */
export const NEGATIVES_PER_QUERY = 100;

/**
 * Ranks the gallery for every query. `size` is the length of an embedding.
 *
 * @throws {RangeError} if a distance is NaN.
 */
export async function evaluate(
  device: Device,
  queries: EmbeddedSet,
  gallery: EmbeddedSet,
  size: number,
  metric: Metric,
): Promise<Evaluation> {
  const sampled = regularSample(gallery.labels.identity, NEGATIVES_PER_QUERY);
  const problem = { queries, gallery, size, metric };
  const ranking = await rankGallery(device, problem, { top: TOP, sampled });
  const accumulator = new RankingAccumulator(gallery.labels);
  for (const { ranks } of ranking.queries) accumulator.addRanks(ranks);
  return {
    scores: accumulator.result(),
    top: ranking.queries.map(({ top }) => top),
    positives: ranking.queries.flatMap(({ positives }) => [...positives]),
    negatives: ranking.queries.flatMap(({ negatives }) => negatives),
  };
}

/** Places at equal steps, about `count` of them, of images that are not junk. */
export function regularSample(identity: Int32Array, count: number): number[] {
  const every = Math.max(1, Math.floor(identity.length / count));
  return [...identity.keys()].filter((place) => place % every === 0 && identity[place] !== JUNK);
}
