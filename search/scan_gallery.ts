/** Searches a gallery by the exact scan on the GPU instead of by its database. */
import type { Device } from "../engine/mod.ts";
import type { Gallery } from "./gallery.ts";
import type { FoundImage, SearchOptions } from "./gallery_types.ts";
import { scanOnce } from "./scan.ts";

/** Options of {@link scanGallery}; `top` is at most `MOST_TOP` of `scan.ts`. */
export type GalleryScanOptions = Pick<SearchOptions, "top" | "filter">;

/**
 * Finds the images nearest to each query, nearest first; equally distant ones in the order of their ids. Unlike
 * `Gallery.search` it compares in f64 where f32 does not decide, and reads the gallery once for all queries.
 *
 * @param queries [n, dimension].
 * @throws {RangeError} for queries of another length or with non-finite numbers, and for a `top` that is too large.
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
  // Either no image meets the filter, or the gallery is empty; in that case the database's search throws.
  if (found[0]?.length === 0) {
    await gallery.search(queries.subarray(0, size), { top: 1, filter });
  }
  const facts = await gallery.images([...new Set(found.flat().map(({ id }) => id))]);
  return found.map((list) =>
    list.flatMap(({ id, distance }) => {
      const image = facts.get(id);
      return image === undefined ? [] : [{ ...image, distance }]; // Others may have removed it meanwhile.
    })
  );
}
