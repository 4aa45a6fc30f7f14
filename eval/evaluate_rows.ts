/** Scores of a ranking by rows of distances, such as re-ranked ones, on the CPU. */
import { itemAt } from "../engine/item_at.ts";
import { type Evaluation, NEGATIVES_PER_QUERY, regularSample, TOP } from "./evaluate.ts";
import { type ImageLabels, RankingAccumulator, topMatches } from "./ranking.ts";

/**
 * Ranks the gallery for every query by its row of distances, by the same rules and with the same details as `evaluate`.
 *
 * @param rows Distances of each query to the whole gallery, in the order of `queries`.
 * @throws {RangeError} If a distance is NaN, or the number of rows is not the number of queries.
 */
export async function evaluateRows(
  rows: AsyncIterable<Float32Array>,
  queries: ImageLabels,
  gallery: ImageLabels,
): Promise<Evaluation> {
  const sampled = regularSample(gallery.identity, NEGATIVES_PER_QUERY);
  const accumulator = new RankingAccumulator(gallery);
  const evaluation: Omit<Evaluation, "scores"> = { top: [], positives: [], negatives: [] };
  for await (const row of rows) {
    const query = evaluation.top.length;
    const identity = itemAt(queries.identity, query), camera = itemAt(queries.camera, query);
    accumulator.addRanks(accumulator.ranks(row, identity, camera));
    evaluation.top.push(topMatches(row, TOP, gallery, identity, camera));
    row.forEach((distance, j) => {
      if (gallery.identity[j] !== identity) return;
      if (gallery.camera[j] !== camera) evaluation.positives.push(distance);
    });
    for (const j of sampled) if (gallery.identity[j] !== identity) evaluation.negatives.push(itemAt(row, j));
  }
  if (evaluation.top.length !== queries.identity.length) {
    throw new RangeError(
      `Cannot rank for ${queries.identity.length} queries by ${evaluation.top.length} rows of distances`,
    );
  }
  return { scores: accumulator.result(), ...evaluation };
}
