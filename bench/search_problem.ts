/** Random vectors to search, and the right results, by a brute-force search in f64. */
import { Random } from "../engine/mod.ts";
import { squaredDistance, squaredLength } from "../search/exact_distance.ts";
import { NearestList } from "../search/nearest_list.ts";

/**
 * - `identities`: 20 images to a person. A person is a random direction, and an image of them that direction plus noise
 *   of 0.8 times its length, made unit length: those of a person are about 0.9 apart, those of two about √2. So do
 *   embeddings of a trained network lie. Queries are further images of people in the gallery.
 * - `uniform`: random directions. All are about √2 from a query and from each other, which is the hardest for a search
 *   that looks at some of them only.
 */
export const VECTOR_KINDS = ["identities", "uniform"] as const;

/** One of {@link VECTOR_KINDS}. */
export type VectorKind = typeof VECTOR_KINDS[number];

const IMAGES = 20;
const NOISE = 0.8;

/** What is searched, and what for. All vectors have length 1, up to the rounding of f32. */
export interface SearchProblem {
  readonly size: number;
  /** [count, size]. */
  readonly gallery: Float32Array;
  /** [queries, size]. */
  readonly queries: Float32Array;
}

/** Draws a problem; the same seed gives the same vectors. */
export function drawSearch(
  kind: VectorKind,
  count: number,
  queries: number,
  size: number,
  seed: number,
): SearchProblem {
  const random = new Random(seed);
  const unit = (base: Float32Array | undefined, noise: number) => {
    const vector = Float32Array.from(
      { length: size },
      (_, c) => (base?.[c] ?? 0) + noise * random.normal() / Math.sqrt(size),
    );
    const length = Math.sqrt(squaredLength(vector, 0, size));
    return vector.map((v) => v / length);
  };
  const people = kind === "uniform"
    ? []
    : Array.from({ length: Math.ceil(count / IMAGES) }, () => unit(undefined, 1));
  const image = (person: number) => kind === "uniform" ? unit(undefined, 1) : unit(people[person], NOISE);
  const vectors = (number: number, personOf: (i: number) => number) => {
    const all = new Float32Array(number * size);
    for (let i = 0; i < number; i++) all.set(image(personOf(i)), i * size);
    return all;
  };
  return {
    size,
    gallery: vectors(count, (i) => i % people.length),
    queries: vectors(queries, () => random.integer(Math.max(1, people.length))),
  };
}

/** Positions of the `top` nearest vectors of every query, nearest first, of equals the first first. */
export function bruteForce({ gallery, queries, size }: SearchProblem, top: number): number[][] {
  return Array.from({ length: queries.length / size }, (_, q) => {
    const list = new NearestList(top);
    for (let position = 0; position < gallery.length / size; position++) {
      const squared = squaredDistance(queries, q * size, gallery, position * size, size);
      if (squared <= list.limit) list.offer({ id: `${position}`, position, squared });
    }
    return list.neighbors().map(({ position }) => position);
  });
}
