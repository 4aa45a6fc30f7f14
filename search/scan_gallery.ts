/** A gallery searched by the exact scan on the GPU rather than by its database. */
import type { Device } from "../engine/mod.ts";
import type { GalleryFilter } from "./filter.ts";
import type { Gallery } from "./gallery.ts";
import type { FoundImage } from "./gallery_types.ts";
import type { Neighbor } from "./nearest_list.ts";
import { scanOnce } from "./scan.ts";

/** Which images may be found, and how many of them. */
export interface GalleryScanOptions {
  /** At most `MOST_TOP` of `scan.ts`. */
  readonly top: number;
  /** Default: all images. */
  readonly filter?: GalleryFilter;
}

/**
 * The images nearest to each query, nearest first; of equally distant ones that of the lower id. Unlike
 * `Gallery.search` it compares in f64 what f32 leaves open, and reads the gallery once for all queries.
 *
 * @param queries [n, dimension].
 * @throws {RangeError} for queries of another length or with numbers that are not finite, and for too large a `top`.
 * @throws {SearchError} for an empty gallery.
 */
export async function scanGallery(
  device: Device,
  gallery: Gallery,
  queries: Float32Array,
  { top, filter = {} }: GalleryScanOptions,
): Promise<FoundImage[][]> {
  const size = gallery.model.dimension;
  const found = await scanOnce(device, gallery.vectors(filter), queries, { size, top });
  // Nothing may meet the filter; of an empty gallery the database's search says that it is.
  if (found.length > 0 && found[0].length === 0) {
    await gallery.search(queries.subarray(0, size), { top: 1, filter });
  }
  const facts = await gallery.images([...new Set(found.flat().map(({ id }) => id))]);
  // What was removed meanwhile is no longer in the gallery.
  const present = (list: readonly Neighbor[]) => list.filter(({ id }) => facts.has(id));
  return found.map((list) => present(list).map(({ id, distance }) => ({ ...facts.get(id)!, distance })));
}
