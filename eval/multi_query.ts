/**
 * Multi-query evaluation (Zheng et al. 2015, "Scalable Person Re-identification: A Benchmark"): a search for a person
 * often starts from several images by one camera, and uses all of them at once.
 */
import { itemAt } from "../engine/item_at.ts";
import type { EmbeddedSet } from "./rank_gallery.ts";
import { meansOf } from "../model/means.ts";

/**
 * One query for each identity and camera among `queries`, in the order in which they first appear: the mean of the
 * embeddings of all their images, in the queries and in the gallery. The protocol removes these gallery images for that
 * query, so that no right or wrong match contributes to it. Market-1501 pools the hand-drawn boxes of its folder
 * `gt_bbox`, which other datasets do not have; the gallery's boxes come from a detector.
 *
 * @param size Length of an embedding.
 * @param unitLength Whether to scale the mean to length one, as the network's embeddings are.
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
      const cameraNumber = itemAt(camera, i);
      const key = `${person} ${cameraNumber}`;
      let pool = pools.get(key);
      if (pool === undefined) {
        if (set === gallery) continue;
        pools.set(key, pool = { identity: person, camera: cameraNumber, images: [] });
      }
      pool.images.push(set.embeddings.subarray(i * size, (i + 1) * size));
    }
  }
  const pooled = [...pools.values()];
  const embeddings = meansOf(pooled.map(({ images }) => images), size, unitLength);
  const labels = {
    identity: Int32Array.from(pooled, ({ identity }) => identity),
    camera: Int32Array.from(pooled, ({ camera }) => camera),
  };
  return { embeddings, labels };
}
