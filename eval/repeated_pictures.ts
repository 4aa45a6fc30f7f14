/** Queries that are in the gallery as the very same picture, which no ranking can tell apart. */
import { itemAt } from "../engine/item_at.ts";
import type { Benchmark } from "./benchmark.ts";

/** The files of a query and of a gallery image with the same pixels. */
export interface RepeatedPicture {
  readonly query: string;
  readonly gallery: string;
}

/** What {@link repeatedPictures} finds; each query at most once in each list. */
export interface RepeatedPictures {
  /** With an image of the same person that is ranked for it: a right match at distance 0 for every network. */
  readonly rightMatches: readonly RepeatedPicture[];
  /** With an image of another person, or of a distractor: one of the two identities is wrong. */
  readonly otherPeople: readonly RepeatedPicture[];
}

/**
 * Compares the decoded pixels of the queries with those of the gallery. Images that the protocol leaves out for the query
 * do not count: those of the same person by the same camera.
 *
 * @throws {DataError} When the pixels can no longer be read from the cache.
 */
export async function repeatedPictures({ queries, gallery, store }: Benchmark): Promise<RepeatedPictures> {
  const pixels = new Uint8Array(store.stride), others = new Uint8Array(store.stride);
  const alike = new Map<string, number[]>(); // Queries by their sample: most pictures differ there.
  for (const [query, index] of queries.indices.entries()) {
    await store.batch([index], pixels);
    const key = sample(pixels);
    alike.set(key, [...alike.get(key) ?? [], query]);
  }
  const rightMatches = new Map<number, RepeatedPicture>(), otherPeople = new Map<number, RepeatedPicture>();
  for (const [i, index] of gallery.indices.entries()) {
    const found = itemAt(gallery.images, i), camera = itemAt(gallery.labels.camera, i);
    await store.batch([index], pixels);
    for (const query of alike.get(sample(pixels)) ?? []) {
      const { identity, path } = itemAt(queries.images, query);
      const isSame = identity === found.identity, list = isSame ? rightMatches : otherPeople;
      if ((isSame && camera === itemAt(queries.labels.camera, query)) || list.has(query)) continue;
      await store.batch([itemAt(queries.indices, query)], others);
      if (pixels.every((value, at) => value === others[at])) {
        list.set(query, { query: path, gallery: found.path });
      }
    }
  }
  return { rightMatches: [...rightMatches.values()], otherPeople: [...otherPeople.values()] };
}

/** About sixty bytes of an image, spread over its rows, columns and colors. */
function sample(pixels: Uint8Array): string {
  const step = Math.ceil(pixels.length / 61);
  let text = "";
  for (let at = 0; at < pixels.length; at += step) text += String.fromCharCode(pixels[at] ?? 0);
  return text;
}
