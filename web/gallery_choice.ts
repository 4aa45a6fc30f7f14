/** Which pictures of a dataset a site shows. */
import type { PersonImage, ReidDataset } from "../data/dataset.ts";

/** The identity of gallery images of nobody in particular. */
export const DISTRACTOR = 0;

/** Pictures to be searched, and pictures to search with. */
export interface GalleryChoice {
  readonly gallery: readonly PersonImage[];
  readonly queries: readonly PersonImage[];
}

/**
 * Takes queries of different people, evenly spread over those whom another camera has seen, and a gallery of all
 * pictures, or of those people's and others evenly spread.
 *
 * @param images at most so many gallery pictures; those of the queries' people are taken even where they are more.
 * @param queries at most so many queries.
 */
export function chooseGallery(
  { query, gallery }: Pick<ReidDataset, "query" | "gallery">,
  { images, queries }: { images: number; queries: number },
): GalleryChoice {
  const cameras = new Map<number, Set<number>>();
  for (const { identity, camera } of gallery) {
    if (!cameras.has(identity)) cameras.set(identity, new Set());
    cameras.get(identity)!.add(camera);
  }
  const firsts = new Map<number, PersonImage>();
  for (const image of query) {
    const elsewhere = [...cameras.get(image.identity) ?? []].some((camera) => camera !== image.camera);
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

/** Up to `count` items at even distances. */
function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.max(0, Math.min(count, items.length));
  return Array.from({ length: taken }, (_, i) => items[Math.floor(i * items.length / taken)]);
}
