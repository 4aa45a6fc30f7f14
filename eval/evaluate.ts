/** Scores of a network on a dataset's queries and gallery. */
import type { Device } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";
import { type EmbeddedSet, type RankedQuery, rankGallery } from "./rank_gallery.ts";
import {
  averagePrecision,
  type ImageLabels,
  JUNK,
  type RankedMatch,
  RankingAccumulator,
  type RankingResult,
} from "./ranking.ts";
import type { Share } from "./share.ts";

/** Scores, and the details that a report shows. */
export interface Evaluation {
  /** CMC, mean average precision and more. */
  readonly scores: RankingResult;
  /** For each query its nearest gallery images, after removal. */
  readonly top: RankedMatch[][];
  /** For each query its average precision; NaN where it has no right match. */
  readonly precisions: number[];
  /** Distances of pairs of images of one person from two cameras. */
  readonly positives: number[];
  /** Distances of pairs of images of two people: a regular sample. */
  readonly negatives: number[];
}

/** Nearest gallery images in `Evaluation.top`. */
export const TOP = 10;
/** Distances to other people that are sampled for each query, about. */
export const NEGATIVES_PER_QUERY = 100;

/**
 * Ranks the gallery for every query.
 *
 * @param size Length of an embedding.
 * @param share That of this process, where several rank together; all get the result.
 * @throws {RangeError} If a distance is NaN.
 */
export async function evaluate(
  device: Device,
  queries: EmbeddedSet,
  gallery: EmbeddedSet,
  size: number,
  metric: Metric,
  share?: Share,
): Promise<Evaluation> {
  const sampled = regularSample(gallery.labels.identity, NEGATIVES_PER_QUERY);
  const problem = { queries, gallery, size, metric };
  const ranking = await rankGallery(device, problem, { top: TOP, sampled }, undefined, share);
  return evaluationOf(ranking.queries, gallery.labels);
}

/** The scores and details of queries for which a gallery was ranked. */
export function evaluationOf(queries: readonly RankedQuery[], gallery: ImageLabels): Evaluation {
  const accumulator = new RankingAccumulator(gallery);
  for (const { ranks } of queries) accumulator.addRanks(ranks);
  return {
    scores: accumulator.result(),
    top: queries.map(({ top }) => top),
    precisions: queries.map(({ ranks }) => averagePrecision(ranks).plain),
    positives: queries.flatMap(({ positives }) => [...positives]),
    negatives: queries.flatMap(({ negatives }) => negatives),
  };
}

/** Indices of about `count` images at equal steps, without junk. */
export function regularSample(identity: Int32Array, count: number): number[] {
  const every = Math.max(1, Math.floor(identity.length / count));
  return [...identity.keys()].filter((index) => index % every === 0 && identity[index] !== JUNK);
}
