/**
 * Scores of embeddings by the Market-1501 protocol: ranks of a gallery for each query, CMC, mean average precision, and
 * k-reciprocal re-ranking. They take embeddings of any network.
 *
 * @example Two people, each seen by two cameras
 * ```ts
 * import { Device } from "@reid/webgpu/engine";
 * import { type EmbeddedSet, evaluate, evaluateRows, rerank } from "@reid/webgpu/eval";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const people = Int32Array.of(1, 2);
 * const labels = (camera: number) => ({ identity: people, camera: Int32Array.of(camera, camera) });
 * const queries: EmbeddedSet = { embeddings: Float32Array.of(1, 0, 0, 1), labels: labels(1) };
 * const gallery: EmbeddedSet = { embeddings: Float32Array.of(0.9, 0.2, 0.8, 0.6), labels: labels(2) };
 *
 * const { scores } = await evaluate(device, queries, gallery, 2, "euclidean");
 * assert.deepEqual([scores.rank[1], scores.mAP], [1, 1]);
 *
 * const rows = rerank(device, { queries, gallery, size: 2, metric: "euclidean" });
 * const reranked = await evaluateRows(rows, queries.labels, gallery.labels);
 * assert.equal(reranked.scores.queries, 2);
 * device.destroy();
 * ```
 *
 * @module
 */
export { evaluate, type Evaluation } from "./evaluate.ts";
export { evaluateRows } from "./evaluate_rows.ts";
export {
  type EmbeddedSet,
  type GalleryRanking,
  type RankedQuery,
  rankGallery,
  type RankingBudget,
  type RankingDetails,
  type RankingProblem,
} from "./rank_gallery.ts";
export {
  type ImageLabels,
  JUNK,
  type RankedMatch,
  RankingAccumulator,
  type RankingResult,
  topMatches,
} from "./ranking.ts";
export type { Range } from "./ranges.ts";
export { type Share, WHOLE } from "./share.ts";
export type { RerankBudget } from "./rerank/blocks.ts";
export { RERANK_DEFAULTS, type RerankOptions } from "./rerank/options.ts";
export { rerank, type RerankProgress } from "./rerank/rerank.ts";
