/** Reads all pictures of a dataset once, and keeps of each a few numbers. */
import type { PersonImage, ReidDataset } from "../data/dataset.ts";
import type { FailedImage } from "../data/pixels.ts";
import { decodeAll } from "../data/images/decode_pool.ts";
import { itemAt } from "../engine/item_at.ts";
import { type ImageMeasures, measure, MEASURED, THUMBNAIL, thumbnail } from "./image_facts.ts";

/** A part of a dataset. */
export type Part = "train" | "query" | "gallery";

/** A file of the dataset. */
export interface ListedImage extends Pick<PersonImage, "path" | "identity" | "camera"> {
  /** The parts that have it. */
  readonly parts: readonly Part[];
}

/** A file that was decoded. */
export interface InspectedImage extends ListedImage, ImageMeasures {
  /** Pixels across, as in the file. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** Equal for equal pictures. */
  readonly digest: string;
}

/** The files of a dataset as far as they could be read. */
export interface ReadImages {
  /** In the order of the dataset. */
  readonly images: readonly InspectedImage[];
  /** [images, THUMBNAIL]. */
  readonly thumbnails: Float32Array;
  /** The files that could not be decoded. */
  readonly broken: readonly (FailedImage & ListedImage)[];
}

/** What readers call a person: by the folder's name, by the number, or as nobody in particular. */
export function personName({ names }: Pick<ReidDataset, "names">, identity: number): string {
  return identity === 0 ? "distractor" : names?.identity.get(identity) ?? `identity ${identity}`;
}

/** The files of a dataset, each once: of own people, a query is in the gallery, too. */
export function listImages(dataset: ReidDataset): ListedImage[] {
  const files = new Map<string, ListedImage & { parts: Part[] }>();
  for (const part of ["train", "query", "gallery"] as const) {
    for (const { path, identity, camera } of dataset[part]) {
      const known = files.get(path);
      if (known === undefined) files.set(path, { path, identity, camera, parts: [part] });
      else known.parts.push(part);
    }
  }
  return [...files.values()];
}

/**
 * Decodes files in worker threads; memory holds a thumbnail of each, not its pixels.
 *
 * @param onProgress called with the number of files so far and in all.
 * @throws {DataError} when the decoder cannot start.
 */
export async function readImages(
  files: readonly ListedImage[],
  { workers, onProgress = () => {} }: { workers: number; onProgress?: (done: number, total: number) => void },
): Promise<ReadImages> {
  const thumbnails = new Float32Array(files.length * THUMBNAIL);
  const read: (InspectedImage | undefined)[] = new Array(files.length);
  const reasons = new Map<number, string>();
  let done = 0;
  await decodeAll(files.map(({ path }) => path), { ...MEASURED, workers, describe: true }, (reply) => {
    const { index } = reply;
    if ("reason" in reply) {
      reasons.set(index, reply.reason);
    } else {
      const { pixels, picture } = reply;
      if (picture === undefined) throw new Error("The decoder did not describe the picture");
      thumbnail(pixels, thumbnails.subarray(index * THUMBNAIL, (index + 1) * THUMBNAIL));
      read[index] = { ...itemAt(files, index), ...picture, ...measure(pixels) };
    }
    onProgress(++done, files.length);
  });
  const broken = [...reasons].sort(([a], [b]) => a - b)
    .map(([index, reason]) => ({ ...itemAt(files, index), reason }));
  const images: InspectedImage[] = [];
  read.forEach((image, index) => {
    if (image === undefined) return;
    thumbnails.copyWithin(images.length * THUMBNAIL, index * THUMBNAIL, (index + 1) * THUMBNAIL);
    images.push(image);
  });
  return { images, thumbnails: thumbnails.subarray(0, images.length * THUMBNAIL), broken };
}
