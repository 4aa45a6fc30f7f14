/** What is known of an image by its name, where a dataset's own convention does not tell more. */
import type { ImageEmbedding } from "../embed/embed_images.ts";
import { SearchError } from "./errors.ts";
import { isoDate } from "./filter.ts";
import type { GalleryImage } from "./gallery_types.ts";

/** camera _ anything: the camera is everything before the first underscore. */
const CAMERA = /^([^_]+)_/;
/** 20260131T183005 or 2026-01-31_18-30-05, and what lies between. */
const DATE = /(?<!\d)(\d{4})-?(\d{2})-?(\d{2})[T_ -](\d{2})[-:.]?(\d{2})[-:.]?(\d{2})(?!\d)/;

/**
 * An embedded image as a gallery keeps it. Names of Market-1501 and DukeMTMC-reID tell camera and frame. Others are
 * read as those of people of one's own: a camera's name up to the first underscore, such as `door_0001.jpg`; and a date
 * (UTC) where one stands in the name, such as `door_20260131T183005.jpg`.
 *
 * @param path the image's file, where it is at hand.
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
