/** Scores of a network on a dataset's queries and gallery. */
import type { Device } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";
import { distanceBlocks } from "./distances.ts";
import {
  type ImageLabels,
  type RankedMatch,
  RankingAccumulator,
  type RankingResult,
  topMatches,
} from "./ranking.ts";

/** Embeddings [n, size] of a set of images, and who is on them. */
export interface EmbeddedSet {
  readonly embeddings: Float32Array;
  readonly labels: ImageLabels;
}

/** Scores, and what a report shows beside them. */
export interface Evaluation {
  readonly scores: RankingResult;
  /** Per query its nearest gallery images, after removal of those that don't count. */
  readonly top: RankedMatch[][];
  /** Distances of pairs of one person seen by two cameras. */
  readonly positives: number[];
  /** Distances of pairs of two people: a regular sample. */
  readonly negatives: number[];
}

const TOP = 10;
const NEGATIVES_PER_QUERY = 100;

/** Ranks the gallery for every query. `size` is the length of an embedding. */
export async function evaluate(
  device: Device,
  queries: EmbeddedSet,
  gallery: EmbeddedSet,
  size: number,
  metric: Metric,
): Promise<Evaluation> {
  const accumulator = new RankingAccumulator(gallery.labels);
  const result = { top: [] as RankedMatch[][], positives: [] as number[], negatives: [] as number[] };
  const { identity, camera } = queries.labels;
  await distanceBlocks(
    device,
    queries.embeddings,
    gallery.embeddings,
    size,
    metric,
    (distances, first, rows) => {
      const labels = {
        identity: identity.subarray(first, first + rows),
        camera: camera.subarray(first, first + rows),
      };
      accumulator.addBlock(distances, labels);
      const g = gallery.labels.identity.length;
      for (let i = 0; i < rows; i++) {
        const row = distances.subarray(i * g, (i + 1) * g);
        result.top.push(topMatches(row, TOP, gallery.labels, labels.identity[i], labels.camera[i]));
        sampleDistances(row, gallery.labels, labels.identity[i], labels.camera[i], result);
      }
    },
  );
  return { scores: accumulator.result(), ...result };
}

function sampleDistances(
  row: Float32Array,
  gallery: ImageLabels,
  identity: number,
  camera: number,
  into: { positives: number[]; negatives: number[] },
): void {
  const every = Math.max(1, Math.floor(row.length / NEGATIVES_PER_QUERY));
  for (let j = 0; j < row.length; j++) {
    if (gallery.identity[j] === identity) {
      if (gallery.camera[j] !== camera) into.positives.push(row[j]);
    } else if (j % every === 0 && gallery.identity[j] >= 0) {
      into.negatives.push(row[j]);
    }
  }
}
