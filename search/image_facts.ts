/** Images of a gallery from embedded images: the date is read from the name. */
import type { ImageEmbedding } from "../embed/embed_images.ts";
import type { GalleryImage } from "./gallery_types.ts";
import { dateInName } from "./moment.ts";

/**
 * Makes an image of a gallery from an embedded image. Its name may hold a date (UTC), such as
 * `door_20260131T183005.jpg`.
 *
 * @param path the image's file, if known.
 */
export function galleryImage({ id, camera, time, embedding }: ImageEmbedding, path?: string): GalleryImage {
  const name = id.slice(Math.max(id.lastIndexOf("/"), id.lastIndexOf("\\")) + 1);
  const date = time === undefined ? dateInName(name) : undefined; // Digits after a frame are no date.
  return {
    id,
    ...(camera !== undefined && { camera }),
    ...(time !== undefined && { frame: time }),
    ...(date !== undefined && { time: date }),
    ...(path !== undefined && { path }),
    embedding,
  };
}
