/**
 * Multi-query evaluation (Zheng et al. 2015, "Scalable Person Re-identification: A Benchmark"): whoever searches for a
 * person often has several images of them from the camera at hand, and searches with all of these at once.
 */
import type { EmbeddedSet } from "./rank_gallery.ts";
import { toUnitLength } from "../model/unit_length.ts";

/**
 * One query for each identity and camera among `queries`, in the order in which they first appear: the mean of the
 * embeddings of all their images, in the queries and in the gallery. Those of the gallery are the ones that the
 * protocol removes for that very query, so that no right or wrong match is pooled into it. Market-1501 itself pools
 * the hand-drawn boxes of its folder `gt_bbox`, which other datasets do not have; the gallery's are a detector's.
 *
 * @param size length of an embedding.
 * @param unitLength whether the mean is scaled to length one, as the network's embeddings are.
 */
export function pooledQueries(
  queries: EmbeddedSet,
  gallery: EmbeddedSet,
  size: number,
  unitLength: boolean,
): EmbeddedSet {
  const pools = new Map<string, { identity: number; camera: number; images: Float32Array[] }>();
  for (const set of [queries, gallery]) {
    const { identity, camera } = set.labels;
    for (const [i, person] of identity.entries()) {
      const key = `${person} ${camera[i]}`;
      let pool = pools.get(key);
      if (pool === undefined) {
        if (set === gallery) continue;
        pools.set(key, pool = { identity: person, camera: camera[i], images: [] });
      }
      pool.images.push(set.embeddings.subarray(i * size, (i + 1) * size));
    }
  }
  const pooled = [...pools.values()];
  const embeddings = new Float32Array(pooled.length * size);
  pooled.forEach(({ images }, query) => {
    for (let d = 0; d < size; d++) {
      embeddings[query * size + d] = images.reduce((sum, image) => sum + image[d], 0) / images.length;
    }
  });
  if (unitLength) toUnitLength(embeddings, size);
  const labels = {
    identity: Int32Array.from(pooled, ({ identity }) => identity),
    camera: Int32Array.from(pooled, ({ camera }) => camera),
  };
  return { embeddings, labels };
}
