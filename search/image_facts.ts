/** Images of a gallery from embedded images: the date is read from the name. */
import type { ImageEmbedding } from "../embed/embed_images.ts";
import { SearchError } from "./errors.ts";
import { isoDate } from "./filter.ts";
import type { GalleryImage } from "./gallery_types.ts";

/** 20260131T183005, 2026-01-31_18-30-05, and the same with other separators. */
const DATE = /(?<!\d)(\d{4})-?(\d{2})-?(\d{2})[T_ -](\d{2})[-:.]?(\d{2})[-:.]?(\d{2})(?!\d)/;

/**
 * Makes an image of a gallery from an embedded image. Its name may hold a date (UTC), such as
 * `door_20260131T183005.jpg`.
 *
 * @param path the image's file, if known.
 */
export function galleryImage({ id, camera, time, embedding }: ImageEmbedding, path?: string): GalleryImage {
  const name = id.slice(Math.max(id.lastIndexOf("/"), id.lastIndexOf("\\")) + 1);
  const date = dateIn(name);
  return {
    id,
    ...(camera !== undefined && { camera }),
    ...(time !== undefined && { frame: time }),
    ...(date !== undefined && { time: date }),
    ...(path !== undefined && { path }),
    embedding,
  };
}

function dateIn(name: string): string | undefined {
  const [year, month, day, hour, minute, second] = DATE.exec(name)?.slice(1) ?? [];
  if (year === undefined) return undefined;
  try {
    return isoDate(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  } catch (error) {
    if (error instanceof SearchError) return undefined; // Digits that only look like a date.
    throw error;
  }
}
