/**
 * k-reciprocal re-ranking (Zhong, Zheng, Cao & Li 2017, "Re-ranking Person Re-identification with k-reciprocal
 * Encoding"), exact, in memory that grows with the number of images and not with its square.
 *
 * Queries and gallery are taken together; labels are not used. Where the paper and its authors' program differ, or the
 * paper is silent, this follows the program, which produced the published figures:
 *
 *   d(p, q)        squared Euclidean distance, or for the angular metric 1 - cosine
 *   o(p, q)        d(p, q) / max over all images x of d(p, x): each image's row is divided by its own largest
 *   N(p, k)        p itself and its k nearest others
 *   R(p, k)        { q of N(p, k) : p in N(q, k) }
 *   R*(p)          R(p, k1), and each R(q, k1/2), q of R(p, k1), with more than two thirds of it in R(p, k1)
 *   V(p)[q]        exp(-o(p, q)) for q of R*(p), else 0, divided by its sum
 *   W(p)           mean of V over p and its k2 - 1 nearest others
 *   jaccard(p, q)  1 - sum of min(W(p), W(q)) / sum of max(W(p), W(q))
 *   final(p, q)    (1 - lambda) jaccard(p, q) + lambda o(p, q)
 *
 * From the n × n distances the GPU returns each image's nearest and its farthest (`neighbors.ts`); from these follow the
 * sets, the encodings and the Jaccard distances of sparse vectors (`reciprocal.ts`, `encoding.ts`, `jaccard.ts`); then
 * the GPU computes the distances of queries to gallery images again, row by row.
 */
import { itemAt } from "../../engine/item_at.ts";
import type { Device } from "../../engine/mod.ts";
import type { RankingProblem } from "../rank_gallery.ts";
import { type Share, WHOLE } from "../share.ts";
import { columnParts, RERANK_BUDGET, type RerankBudget } from "./blocks.ts";
import { distanceRows } from "./distance_rows.ts";
import { encode, expandQueries } from "./encoding.ts";
import { JaccardIndex } from "./jaccard.ts";
import { findNeighbors, type Images } from "./neighbors.ts";
import { checkRerankOptions, RERANK_DEFAULTS, type RerankOptions } from "./options.ts";
import { expandedSets } from "./reciprocal.ts";

/** The progress of re-ranking. */
export interface RerankProgress {
  /** Rows of distances done: first of every image to all images, then of every query to the gallery. */
  readonly done: number;
  /** Rows in all. */
  readonly total: number;
  /** Peak GPU memory so far, in bytes. */
  readonly gpuBytes: number;
}

/**
 * The final distances of each query to the whole gallery, in order; smaller ones rank first.
 *
 * @param share Of several processes, each finds the nearest of its images, and gets the distances of its queries. All get
 *   to the end of their rows.
 * @throws {RangeError} If a distance is not finite, or an option is out of range.
 */
export async function* rerank(
  device: Device,
  { queries, gallery, size, metric }: RankingProblem,
  options: RerankOptions = RERANK_DEFAULTS,
  onProgress: (progress: RerankProgress) => void = () => {},
  budget: RerankBudget = RERANK_BUDGET,
  share: Share = WHOLE,
): AsyncGenerator<Float32Array> {
  checkRerankOptions(options);
  const { k1, k2, lambda } = options;
  const searched = queries.labels.identity.length, found = gallery.labels.identity.length;
  const [first, last] = share.range(searched);
  if (found === 0) {
    for (let query = first; query < last; query++) yield new Float32Array(0);
    return;
  }
  if (searched === 0) return;
  const images: Images = {
    embeddings: new Float32Array((searched + found) * size),
    count: searched + found,
    size,
    metric: metric === "angular" ? "angular" : "squared",
  };
  images.embeddings.set(queries.embeddings);
  images.embeddings.set(gallery.embeddings, searched * size);

  const [from, to] = share.range(images.count);
  const total = (to - from) * columnParts(images.count, size, budget).length + last - first;
  let gpuBytes = 0, done = 0;
  const advance = (rows: number, bytes: number) => {
    gpuBytes = Math.max(gpuBytes, bytes);
    onProgress({ done: done += rows, total, gpuBytes });
  };
  const neighbors = await findNeighbors(device, images, Math.max(k1, k2 - 1), budget, advance, share);
  const vectors = expandQueries(encode(images, neighbors, expandedSets(neighbors, k1)), neighbors, k2);
  const index = new JaccardIndex(vectors.slice(searched), images.count);

  let query = first;
  const problem = { queries: queries.embeddings, gallery: gallery.embeddings, size, metric: images.metric };
  for await (const row of distanceRows(device, problem, budget, (bytes) => advance(0, bytes), share)) {
    const jaccard = index.distances(itemAt(vectors, query));
    const farthest = itemAt(neighbors.farthest, query);
    yield row.map((distance, i) => {
      const original = farthest === 0 ? 0 : distance / farthest;
      return (1 - lambda) * jaccard[i]! + lambda * original;
    });
    query++;
    advance(1, gpuBytes);
  }
}
