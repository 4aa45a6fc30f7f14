/**
 * Scores by pair of cameras: how well queries of one camera find their people among the images of another camera. A
 * mean over all queries hides pairs that differ much in view or light.
 */
import { itemAt } from "../engine/item_at.ts";
import type { Device } from "../engine/mod.ts";
import { takenBy } from "./camera_groups.ts";
import { rankGallery, type RankingProblem } from "./rank_gallery.ts";
import { RankingAccumulator } from "./ranking.ts";
import type { Share } from "./share.ts";

/** The scores of one pair of cameras. */
export interface CameraPairScores {
  /** Camera of the queries. */
  readonly query: number;
  /** Another camera, of the gallery images. */
  readonly gallery: number;
  /** Queries scored: those with a right match in that camera. */
  readonly queries: number;
  /** Share of them whose first image is a right match. */
  readonly rank1: number;
  readonly mAP: number;
}

/**
 * For every two different cameras, ranks only the gallery images of one for the queries of the other, exactly and by the
 * same rules as `rankGallery`. Takes about as long as ranking once.
 *
 * @param share That of this process, where several rank together; all get the result.
 * @returns The pairs that have a query with a right match, sorted by the queries' camera, then by the gallery's.
 * @throws {RangeError} If a distance is NaN.
 */
export async function rankCameraPairs(
  device: Device,
  problem: RankingProblem,
  share?: Share,
): Promise<CameraPairScores[]> {
  const { queries, gallery, size } = problem;
  const pairs: CameraPairScores[] = [];
  for (const camera of new Set(gallery.labels.camera)) {
    const asking = takenBy(queries, size, (of) => of !== camera);
    const asked = takenBy(gallery, size, (of) => of === camera);
    const pair = { ...problem, queries: asking, gallery: asked };
    const ranked = await rankGallery(device, pair, { top: 1, sampled: [] }, undefined, share);
    const byCamera = Map.groupBy(ranked.queries.entries(), ([q]) => itemAt(asking.labels.camera, q));
    for (const [query, entries] of byCamera) {
      const accumulator = new RankingAccumulator(asked.labels);
      for (const [, { ranks }] of entries) accumulator.addRanks(ranks);
      const { queries, rank, mAP } = accumulator.result();
      if (queries > 0) pairs.push({ query, gallery: camera, queries, rank1: rank[1], mAP });
    }
  }
  return pairs.sort((a, b) => a.query - b.query || a.gallery - b.gallery);
}

/** Pairs in rows and columns of a table. */
export interface CameraPairGrid {
  /** Cameras of queries, ascending: the rows. */
  readonly queries: readonly number[];
  /** Cameras of gallery images, ascending: the columns. */
  readonly galleries: readonly number[];
  /** The scores of a row and a column; undefined where there are none. */
  at(query: number, gallery: number): CameraPairScores | undefined;
}

/** Lays pairs out in rows and columns. */
export function cameraPairGrid(pairs: readonly CameraPairScores[]): CameraPairGrid {
  const cameras = (of: "query" | "gallery") =>
    [...new Set(pairs.map((pair) => pair[of]))].sort((a, b) => a - b);
  return {
    queries: cameras("query"),
    galleries: cameras("gallery"),
    at: (query, gallery) => pairs.find((pair) => pair.query === query && pair.gallery === gallery),
  };
}
