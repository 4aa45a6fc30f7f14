/** Galleries for the tests. */
import { Random } from "../../engine/mod.ts";
import type { GalleryImage, GalleryModel } from "../../search/gallery_types.ts";

/** A network for embeddings of `dimension` numbers that exists by name alone. */
export function namedModel(dimension: number, letter = "a"): GalleryModel {
  return { identity: letter.repeat(64), dimension, flip: false, summary: `runs/${letter}` };
}

/** Images of cameras 1 to 3, the first half with frames, the others with dates, with random embeddings. */
export function randomImages(seed: number, count: number, dimension: number): GalleryImage[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => ({
    id: `folder/${String(i).padStart(5, "0")}.jpg`,
    path: `/crops/${i}.jpg`,
    camera: String(1 + i % 3),
    ...(2 * i < count ? { frame: 10 * i } : { time: new Date(Date.UTC(2026, 0, 1, i)).toISOString() }),
    embedding: Float32Array.from({ length: dimension }, () => random.uniform(-1, 1)),
  }));
}

/** Ids and f64 Euclidean distances of the images nearest to a query, nearest first, then by id. */
export function nearestInF64(images: readonly GalleryImage[], query: Float32Array, top: number) {
  return images
    .map(({ id, embedding }) => ({
      id,
      distance: Math.sqrt(embedding.reduce((sum, x, i) => sum + (x - query[i]) ** 2, 0)),
    }))
    .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
    .slice(0, top);
}
