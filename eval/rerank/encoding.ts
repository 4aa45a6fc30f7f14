/** Every image as a sparse vector over all images: the k-reciprocal encoding. */
import type { Images, Neighbors } from "./neighbors.ts";

/** The elements of a vector that are not 0, ascending by their index. */
export interface SparseVector {
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/**
 * V of every image: over the images q of its set, exp(-d(p, q) / farthest(p)), divided by their sum. These distances
 * are computed here, in f64 and from the differences.
 */
export function encode(images: Images, neighbors: Neighbors, sets: readonly Int32Array[]): SparseVector[] {
  const distance = images.metric === "angular" ? angularDistance : squaredDistance;
  return sets.map((indices, image) => {
    const farthest = neighbors.farthest[image];
    const weights = Float64Array.from(
      indices,
      (other) => farthest === 0 ? 1 : Math.exp(-distance(images, image, other) / farthest),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { indices, values: weights.map((weight) => weight / total) };
  });
}

/** The local query expansion: every image's vector becomes the mean of those of its `k2` nearest, itself included. */
export function expandQueries(
  vectors: readonly SparseVector[],
  neighbors: Neighbors,
  k2: number,
): SparseVector[] {
  if (k2 === 1) return [...vectors];
  const sums = new Float64Array(vectors.length);
  return vectors.map((_, image) => {
    const nearest = neighbors.of(image, k2);
    const indices = new Set<number>();
    for (const other of nearest) {
      const vector = vectors[other];
      for (let i = 0; i < vector.indices.length; i++) {
        indices.add(vector.indices[i]);
        sums[vector.indices[i]] += vector.values[i];
      }
    }
    const sorted = Int32Array.from(indices).sort();
    const values = Float64Array.from(sorted, (index) => sums[index] / nearest.length);
    for (const index of sorted) sums[index] = 0;
    return { indices: sorted, values };
  });
}

function squaredDistance({ embeddings, size }: Images, p: number, q: number): number {
  let sum = 0;
  for (let i = p * size, j = q * size, end = i + size; i < end; i++, j++) {
    const difference = embeddings[i] - embeddings[j];
    sum += difference * difference;
  }
  return sum;
}

/** 1 - cosine, and 1 where an embedding has no direction, as in `gramDistance`. */
function angularDistance({ embeddings, size }: Images, p: number, q: number): number {
  let pp = 0, pq = 0, qq = 0;
  for (let i = p * size, j = q * size, end = i + size; i < end; i++, j++) {
    pp += embeddings[i] * embeddings[i];
    pq += embeddings[i] * embeddings[j];
    qq += embeddings[j] * embeddings[j];
  }
  const [a, b] = [Math.sqrt(pp), Math.sqrt(qq)];
  return Math.min(a, b) <= 1e-12 ? 1 : Math.max(0, 1 - pq / a / b);
}
