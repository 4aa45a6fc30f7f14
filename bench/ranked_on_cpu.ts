/** What ranking a gallery on the GPU must equal: the plain ranking, on the CPU, of the same distances. */
import { constant, type Device, f32, gramDistance, Program } from "../engine/mod.ts";
import type { RankedQuery, RankingDetails, RankingProblem } from "../eval/rank_gallery.ts";
import { RankingAccumulator, topMatches } from "../eval/ranking.ts";

/** Distances [count, gallery] of the queries from `first` on, as the kernels of the ranking compute them. */
export async function distancesOf(
  device: Device,
  { queries, gallery, size, metric }: RankingProblem,
  first: number,
  count: number,
): Promise<Float32Array> {
  const program = await Program.record(device, { a: f32([count, size]) }, ({ a }) => ({
    y: gramDistance(a, constant(gallery.embeddings, [gallery.embeddings.length / size, size]), metric),
  }));
  try {
    return (await program.run({ a: queries.embeddings.subarray(first * size, (first + count) * size) })).y;
  } finally {
    program.destroy();
  }
}

/** The ranking of query number `q`, given its row of distances. */
export function rankedOnCpu(
  { queries, gallery: { labels } }: RankingProblem,
  q: number,
  row: Float32Array,
  details: RankingDetails,
): RankedQuery {
  const identity = queries.labels.identity[q], camera = queries.labels.camera[q];
  const places = [...labels.identity.keys()];
  const right = places.filter((j) => labels.identity[j] === identity && labels.camera[j] !== camera);
  return {
    ranks: new RankingAccumulator(labels).ranks(row, identity, camera),
    top: topMatches(row, details.top, labels, identity, camera),
    positives: Float32Array.from(right, (j) => row[j]),
    negatives: Array.from(details.sampled, (j) => j)
      .filter((j) => labels.identity[j] !== identity).map((j) => row[j]),
  };
}
