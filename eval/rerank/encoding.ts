/** Every image as a sparse vector over all images: the k-reciprocal encoding. */
import { itemAt } from "../../engine/item_at.ts";
import type { Images, Neighbors } from "./neighbors.ts";

/** The nonzero elements of a vector, ascending by index. */
export interface SparseVector {
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/**
 * V of every image p: exp(-d(p, q) / farthest(p)) for the images q of its set, divided by their sum. The distances are
 * computed here, in f64 and from the differences.
 */
export function encode(images: Images, neighbors: Neighbors, sets: readonly Int32Array[]): SparseVector[] {
  const distance = images.metric === "angular" ? angularDistance : squaredDistance;
  return sets.map((indices, image) => {
    const farthest = itemAt(neighbors.farthest, image);
    const weights = Float64Array.from(
      indices,
      (other) => farthest === 0 ? 1 : Math.exp(-distance(images, image, other) / farthest),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { indices, values: weights.map((weight) => weight / total) };
  });
}

/** The local query expansion: the mean of the vectors of each image's `k2` nearest, itself included. */
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
      const vector = itemAt(vectors, other);
      for (const [i, index] of vector.indices.entries()) {
        indices.add(index);
        sums[index]! += vector.values[i]!;
      }
    }
    const sorted = Int32Array.from(indices).sort();
    const values = Float64Array.from(sorted, (index) => itemAt(sums, index) / nearest.length);
    for (const index of sorted) sums[index] = 0;
    return { indices: sorted, values };
  });
}

function squaredDistance({ embeddings, size }: Images, p: number, q: number): number {
  let sum = 0;
  for (let i = p * size, j = q * size, end = i + size; i < end; i++, j++) {
    const difference = embeddings[i]! - embeddings[j]!;
    sum += difference * difference;
  }
  return sum;
}

/** 1 - cosine, and 1 where an embedding has no direction, as in `gramDistance`. */
function angularDistance({ embeddings, size }: Images, p: number, q: number): number {
  let pp = 0, pq = 0, qq = 0;
  for (let i = p * size, j = q * size, end = i + size; i < end; i++, j++) {
    const x = embeddings[i]!, y = embeddings[j]!;
    pp += x * x;
    pq += x * y;
    qq += y * y;
  }
  const [a, b] = [Math.sqrt(pp), Math.sqrt(qq)];
  return Math.min(a, b) <= 1e-12 ? 1 : Math.max(0, 1 - pq / a / b);
}
