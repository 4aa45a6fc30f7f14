/** Camera and time of an image, read from its name. */
import type { ImageEmbedding } from "../embed/embed_images.ts";
import { SearchError } from "./errors.ts";
import { isoDate } from "./filter.ts";
import type { GalleryImage } from "./gallery_types.ts";

/** The camera is everything before the first underscore. */
const CAMERA = /^([^_]+)_/;
/** 20260131T183005, 2026-01-31_18-30-05, and the same with other separators. */
const DATE = /(?<!\d)(\d{4})-?(\d{2})-?(\d{2})[T_ -](\d{2})[-:.]?(\d{2})[-:.]?(\d{2})(?!\d)/;

/**
 * Makes an image of a gallery from an embedded image. Names of Market-1501 and DukeMTMC-reID hold camera and frame. In
 * other names the camera is the part before the first underscore, such as `door_0001.jpg`; a name may also hold a date
 * (UTC), such as `door_20260131T183005.jpg`.
 *
 * @param path the image's file, if known.
 */
export function galleryImage({ id, camera, time, embedding }: ImageEmbedding, path?: string): GalleryImage {
  const name = id.slice(Math.max(id.lastIndexOf("/"), id.lastIndexOf("\\")) + 1);
  const cameraName = camera === undefined ? CAMERA.exec(name)?.[1]?.normalize("NFC") : String(camera);
  const date = dateIn(name);
  return {
    id,
    ...(cameraName !== undefined && { camera: cameraName }),
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
