/** Queries that are in the gallery as the very same picture, which no ranking can tell apart. */
import { createHash } from "node:crypto";
import { itemAt } from "../engine/item_at.ts";
import type { Benchmark } from "./benchmark.ts";

/** The files of a query and of a gallery image with the same pixels. */
export interface RepeatedPicture {
  readonly query: string;
  readonly gallery: string;
}

/** What {@link repeatedPictures} finds; each query at most once in each list. */
export interface RepeatedPictures {
  /** With an image of the same person by another camera: a right match at distance 0 for every network. */
  readonly rightMatches: readonly RepeatedPicture[];
  /** With an image of another person, or of a distractor: one of the two identities is wrong. */
  readonly otherPeople: readonly RepeatedPicture[];
}

/**
 * Compares the decoded pixels of the queries with those of the gallery. Images of the same person by the same camera do
 * not count: the protocol leaves them out for the query.
 *
 * @throws {DataError} When the pixels can no longer be read from the cache.
 */
export async function repeatedPictures({ queries, gallery, store }: Benchmark): Promise<RepeatedPictures> {
  const pixels = new Uint8Array(store.stride);
  const digest = async (index: number) => {
    await store.batch([index], pixels);
    return createHash("sha256").update(pixels).digest("base64");
  };
  const queriesOf = new Map<string, number[]>();
  for (const [query, index] of queries.indices.entries()) {
    const key = await digest(index);
    queriesOf.set(key, [...queriesOf.get(key) ?? [], query]);
  }
  const rightMatches = new Map<number, RepeatedPicture>(), otherPeople = new Map<number, RepeatedPicture>();
  for (const [i, index] of gallery.indices.entries()) {
    const found = itemAt(gallery.images, i);
    for (const query of queriesOf.get(await digest(index)) ?? []) {
      const { identity, camera, path } = itemAt(queries.images, query);
      if (identity === found.identity && camera === found.camera) continue;
      const list = identity === found.identity ? rightMatches : otherPeople;
      if (!list.has(query)) list.set(query, { query: path, gallery: found.path });
    }
  }
  return { rightMatches: [...rightMatches.values()], otherPeople: [...otherPeople.values()] };
}
