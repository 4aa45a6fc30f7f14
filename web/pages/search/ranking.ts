/** Ranks the pictures of a gallery. */
import { itemAt } from "../../../engine/item_at.ts";
import type { GalleryPicture } from "./gallery_format.ts";

/** A picture of a ranking. */
export interface Match {
  /** Index of the picture in the gallery. */
  readonly index: number;
  /** Distance to the query. */
  readonly distance: number;
  /** Whether it shows the query's person; undefined if that person is unknown. */
  readonly right?: boolean;
}

/**
 * Orders a gallery by distance; equal distances by index.
 *
 * For a query of a known person it leaves out that person's pictures by the same camera, as the Market-1501 protocol
 * does (Zheng et al. 2015): their backgrounds would find them.
 *
 * @param distances to every picture, in the gallery's order.
 */
export function rank(
  distances: Float32Array,
  images: readonly GalleryPicture[],
  query?: GalleryPicture,
): Match[] {
  const known = query?.person;
  const matches: Match[] = [];
  for (const [index, { person, camera }] of images.entries()) {
    const right = known === undefined ? undefined : person === known;
    if (right && camera === query?.camera) continue;
    matches.push({ index, distance: itemAt(distances, index), right });
  }
  return matches.sort((a, b) => a.distance - b.distance || a.index - b.index);
}
