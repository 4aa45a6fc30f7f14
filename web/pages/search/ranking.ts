/** The nearest pictures of a gallery. */
import type { GalleryPicture } from "./gallery_format.ts";

/** One place of a ranking. */
export interface Match {
  /** Which picture of the gallery. */
  readonly index: number;
  /** Its distance to the query. */
  readonly distance: number;
  /** Whether it shows the query's person; undefined where nobody knows who that is. */
  readonly right?: boolean;
}

/**
 * Orders a gallery by distance, of equals the lowest index first.
 *
 * For a query of a known person, that person's pictures by the same camera are left out, as the Market-1501 protocol
 * has it (Zheng et al. 2015): they would be found by their background.
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
    matches.push({ index, distance: distances[index], right });
  }
  return matches.sort((a, b) => a.distance - b.distance || a.index - b.index);
}
