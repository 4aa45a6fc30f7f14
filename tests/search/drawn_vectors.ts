/** Vectors for tests of search, and what a brute force finds among them. */
import { squaredDistance } from "../../search/exact_distance.ts";
import type { Vectors } from "../../search/vector_blocks.ts";

/** Vectors [count, size]. */
export interface Drawn {
  readonly values: Float32Array;
  readonly size: number;
}

/** The id of a vector. */
export function idOf(position: number): string {
  return `image ${position}`;
}

/** The vectors as a stream, in pages of uneven length. */
export async function* pagesOf({ values, size }: Drawn, page = 37): AsyncGenerator<Vectors> {
  const count = values.length / size;
  for (let from = 0, length = page; from < count; from += length, length = length % 91 + 5) {
    const to = Math.min(count, from + length);
    await Promise.resolve();
    yield {
      ids: Array.from({ length: to - from }, (_, i) => idOf(from + i)),
      embeddings: values.subarray(from * size, to * size),
    };
  }
}

/** Positions and distances of the nearest vectors, by sorting all f64 distances; of equals the first is first. */
export function bruteForce(
  { values, size }: Drawn,
  query: Float32Array,
  top: number,
): { id: string; position: number; distance: number }[] {
  const count = values.length / size;
  const squared = Float64Array.from(
    { length: count },
    (_, j) => squaredDistance(query, 0, values, j * size, size),
  );
  return Array.from({ length: count }, (_, j) => j)
    .sort((a, b) => squared[a] - squared[b] || a - b)
    .slice(0, top)
    .map((position) => ({ id: idOf(position), position, distance: Math.sqrt(squared[position]) }));
}
