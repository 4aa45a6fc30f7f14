/** Chooses the pictures of a dataset that a site shows. */
import { itemAt } from "../engine/item_at.ts";
import type { PersonImage, ReidDataset } from "../data/dataset.ts";

/** The identity of distractors: gallery images of no person of the dataset. */
export const DISTRACTOR = 0;

/** Pictures to search, and queries. */
export interface GalleryChoice {
  readonly gallery: readonly PersonImage[];
  readonly queries: readonly PersonImage[];
}

/**
 * Chooses queries of different people, spread evenly over the people that another camera shows, and a gallery: all
 * pictures, or those of the queries' people and others spread evenly.
 *
 * @param images the most gallery pictures; the pictures of the queries' people are chosen even if they are more.
 * @param queries the most queries.
 */
export function chooseGallery(
  { query, gallery }: Pick<ReidDataset, "query" | "gallery">,
  { images, queries }: { images: number; queries: number },
): GalleryChoice {
  const byPerson = Map.groupBy(gallery, ({ identity }) => identity);
  const firsts = new Map<number, PersonImage>();
  for (const image of query) {
    const elsewhere = byPerson.get(image.identity)?.some(({ camera }) => camera !== image.camera);
    if (elsewhere && !firsts.has(image.identity)) firsts.set(image.identity, image);
  }
  const chosen = spread([...firsts.values()], queries);
  if (gallery.length <= images) return { gallery, queries: chosen };
  const people = new Set(chosen.map(({ identity }) => identity));
  const sought = gallery.filter(({ identity }) => people.has(identity));
  const others = spread(gallery.filter(({ identity }) => !people.has(identity)), images - sought.length);
  const kept = new Set([...sought, ...others]);
  return { gallery: gallery.filter((image) => kept.has(image)), queries: chosen };
}

/** Up to `count` items, evenly spaced. */
function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.max(0, Math.min(count, items.length));
  return Array.from({ length: taken }, (_, i) => itemAt(items, Math.floor(i * items.length / taken)));
}
