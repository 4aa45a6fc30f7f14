/** Pictures that a dataset has more than once, as equal pixels or nearly. */
import type { Device } from "../engine/mod.ts";
import { itemAt } from "../engine/item_at.ts";
import { inLevels, THUMBNAIL } from "./image_facts.ts";
import { type NearestOthers, nearestOthers } from "./nearest_others.ts";
import type { InspectedImage, ReadImages } from "./read_images.ts";

/** Two images, by their indices, the first one first. */
export interface ImagePair {
  readonly first: number;
  readonly second: number;
  /** Root-mean-square difference of their thumbnails, in gray levels. */
  readonly levels: number;
}

/** An image and those that are nearly the same picture. */
export interface NearGroup {
  readonly kept: number;
  readonly others: readonly { readonly image: number; readonly levels: number }[];
}

/** What {@link findDuplicates} finds; all images by their indices. */
export interface Duplicates {
  /** Images with equal pixels, in the order of the dataset. */
  readonly equal: readonly (readonly number[])[];
  /** Images that are nearly the same: each of the others is near the one that is kept. Of equal images the first counts. */
  readonly near: readonly NearGroup[];
  /** All pairs of nearly the same picture of two people, nearest first. */
  readonly nearOfTwoPeople: readonly ImagePair[];
}

/** Nearest images of each that can be near duplicates. */
const NEAREST = 16;

/**
 * Finds images with equal pixels, and images whose thumbnails differ by at most `levels`.
 *
 * @param levels root-mean-square difference of two thumbnails, in gray levels of 255.
 */
export async function findDuplicates(
  device: Device,
  { images, thumbnails }: Pick<ReadImages, "images" | "thumbnails">,
  levels: number,
  onProgress?: (done: number, total: number) => void,
): Promise<Duplicates> {
  const groups = equalImages(images);
  const single = groups.map((group) => itemAt(group, 0));
  const values = new Float32Array(single.length * THUMBNAIL);
  for (const [row, image] of single.entries()) {
    values.set(thumbnails.subarray(image * THUMBNAIL, (image + 1) * THUMBNAIL), row * THUMBNAIL);
  }
  const nearest = nearestOthers(device, { values, size: THUMBNAIL }, NEAREST, onProgress);
  const pairs = await nearPairs(single, nearest, levels);
  const person = (image: number) => itemAt(images, image).identity;
  return {
    equal: groups.filter(({ length }) => length > 1),
    near: nearGroups(pairs),
    nearOfTwoPeople: pairs.filter(({ first, second }) => person(first) !== person(second))
      .sort((a, b) => a.levels - b.levels || a.first - b.first || a.second - b.second),
  };
}

/** Groups of images with equal pixels, also those of one image, in the order of their first images. */
function equalImages(images: readonly InspectedImage[]): number[][] {
  return [...Map.groupBy(images.keys(), (image) => itemAt(images, image).digest).values()];
}

/** Pairs within the limit, each once, in the order of the dataset. */
async function nearPairs(
  images: readonly number[],
  neighbors: AsyncIterable<NearestOthers>,
  limit: number,
): Promise<ImagePair[]> {
  const pairs = new Map<string, ImagePair>();
  for await (const { row, nearest } of neighbors) {
    for (const { position, distance } of nearest) {
      const levels = inLevels(distance);
      if (levels > limit) break;
      const [first, second] = [
        itemAt(images, Math.min(row, position)),
        itemAt(images, Math.max(row, position)),
      ];
      pairs.set(`${first} ${second}`, { first, second, levels });
    }
  }
  return [...pairs.values()].sort((a, b) => a.first - b.first || a.second - b.second);
}

/**
 * Groups by going through the images in order: an image that is near one that is kept belongs to the nearest of these,
 * any other is kept. A long row of images, each near the next, is therefore not one group.
 */
export function nearGroups(pairs: readonly ImagePair[]): NearGroup[] {
  const earlier = Map.groupBy(pairs, ({ second }) => second);
  const images = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))].sort((a, b) => a - b);
  const groups = new Map<number, { image: number; levels: number }[]>();
  for (const image of images) {
    const near = (earlier.get(image) ?? []).filter(({ first }) => groups.has(first));
    const [nearest] = near.sort((a, b) => a.levels - b.levels || a.first - b.first);
    if (nearest === undefined) groups.set(image, []);
    else groups.get(nearest.first)?.push({ image, levels: nearest.levels });
  }
  return [...groups].filter(([, others]) => others.length > 0).map(([kept, others]) => ({ kept, others }));
}
