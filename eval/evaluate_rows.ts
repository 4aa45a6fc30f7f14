/** Scores of a ranking by rows of distances, such as re-ranked ones, on the CPU. */
import { itemAt } from "../engine/item_at.ts";
import { type Evaluation, evaluationOf, NEGATIVES_PER_QUERY, regularSample, TOP } from "./evaluate.ts";
import type { RankedQuery } from "./rank_gallery.ts";
import { type ImageLabels, RankingAccumulator, topMatches } from "./ranking.ts";
import { type Share, WHOLE } from "./share.ts";

/**
 * Ranks the gallery for every query by its row of distances, by the same rules and with the same details as `evaluate`.
 *
 * @param rows Distances of each query to the whole gallery, in the order of `queries`; only of the queries in the share.
 * @param share That of this process, where several rank together; all get the result.
 * @throws {RangeError} If a distance is NaN, or the number of rows is not the number of queries.
 */
export async function evaluateRows(
  rows: AsyncIterable<Float32Array>,
  queries: ImageLabels,
  gallery: ImageLabels,
  share: Share = WHOLE,
): Promise<Evaluation> {
  const sampled = regularSample(gallery.identity, NEGATIVES_PER_QUERY);
  const accumulator = new RankingAccumulator(gallery);
  const [first, last] = share.range(queries.identity.length);
  const ranked: RankedQuery[] = [];
  for await (const row of rows) {
    const query = first + ranked.length;
    const identity = itemAt(queries.identity, query), camera = itemAt(queries.camera, query);
    const isOther = (j: number) => gallery.identity[j] !== identity;
    ranked.push({
      ranks: accumulator.ranks(row, identity, camera),
      top: topMatches(row, TOP, gallery, identity, camera),
      positives: row.filter((_, j) => !isOther(j) && gallery.camera[j] !== camera),
      negatives: sampled.filter(isOther).map((j) => itemAt(row, j)),
    });
  }
  if (ranked.length !== last - first) {
    throw new RangeError(`Cannot rank for ${last - first} queries by ${ranked.length} rows of distances`);
  }
  return evaluationOf((await share.gather(ranked)).flat(), gallery);
}
