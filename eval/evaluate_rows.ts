/** Scores of a ranking by distances that are no network's alone, such as re-ranked ones: whole rows, on the CPU. */
import { type Evaluation, NEGATIVES_PER_QUERY, regularSample, TOP } from "./evaluate.ts";
import { type ImageLabels, RankingAccumulator, topMatches } from "./ranking.ts";

/**
 * Ranks the gallery for every query by its row of distances: by the same rules, and with the same details, as
 * `evaluate`.
 *
 * @param rows distances of each query to the whole gallery, in the order of `queries`.
 * @throws {RangeError} if a distance is NaN, or there are not as many rows as queries.
 */
export async function evaluateRows(
  rows: AsyncIterable<Float32Array>,
  queries: ImageLabels,
  gallery: ImageLabels,
): Promise<Evaluation> {
  const sampled = regularSample(gallery.identity, NEGATIVES_PER_QUERY);
  const accumulator = new RankingAccumulator(gallery);
  const evaluation = {
    top: [] as Evaluation["top"],
    positives: [] as number[],
    negatives: [] as number[],
  };
  for await (const row of rows) {
    const query = evaluation.top.length;
    const identity = queries.identity[query], camera = queries.camera[query];
    accumulator.addRanks(accumulator.ranks(row, identity, camera));
    evaluation.top.push(topMatches(row, TOP, gallery, identity, camera));
    row.forEach((distance, j) => {
      if (gallery.identity[j] !== identity) return;
      if (gallery.camera[j] !== camera) evaluation.positives.push(distance);
    });
    for (const j of sampled) if (gallery.identity[j] !== identity) evaluation.negatives.push(row[j]);
  }
  if (evaluation.top.length !== queries.identity.length) {
    throw new RangeError(
      `Cannot rank for ${queries.identity.length} queries by ${evaluation.top.length} rows of distances`,
    );
  }
  return { scores: accumulator.result(), ...evaluation };
}
