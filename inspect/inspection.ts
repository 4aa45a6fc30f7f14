/** All that an inspection finds, as the page, the JSON file and the list of removals show it. */
import type { ReidDataset } from "../data/dataset.ts";
import type { FailedImage } from "../data/pixels.ts";
import { itemAt } from "../engine/item_at.ts";
import { countImages, type Counts } from "./counts.ts";
import type { Duplicates } from "./duplicates.ts";
import type { InspectedImage, ListedImage, ReadImages } from "./read_images.ts";

/** Crops with fewer pixels down or across than these are tiny. */
export const TINY = { height: 32, width: 16 };

/** What was found; images are indices into `images`. */
export interface Inspection {
  readonly dataset: ReidDataset;
  readonly images: readonly InspectedImage[];
  readonly counts: Counts;
  readonly broken: readonly (FailedImage & ListedImage)[];
  /** Images below {@link TINY}, the smallest first. */
  readonly tiny: readonly number[];
  readonly duplicates: Duplicates;
  /** The largest difference of near duplicates, in gray levels. */
  readonly levels: number;
}

/** Puts an inspection together. */
export function inspectionOf(
  dataset: ReidDataset,
  { images, broken }: ReadImages,
  duplicates: Duplicates,
  levels: number,
): Inspection {
  const area = (image: number) => itemAt(images, image).width * itemAt(images, image).height;
  const tiny = [...images.keys()].filter((image) => isTiny(itemAt(images, image)))
    .sort((a, b) => area(a) - area(b) || a - b);
  return { dataset, images, counts: countImages(dataset, images), broken, tiny, duplicates, levels };
}

const isTiny = ({ width, height }: InspectedImage) => height < TINY.height || width < TINY.width;

/** Whether images show more than one person; distractors are another. */
export function ofTwoPeople({ images }: Pick<Inspection, "images">, group: readonly number[]): boolean {
  return new Set(group.map((image) => itemAt(images, image).identity)).size > 1;
}

/** Whether some of the images are in training and others in the test. */
export function inTrainingAndTest({ images }: Pick<Inspection, "images">, group: readonly number[]): boolean {
  const isTraining = group.map((image) => itemAt(images, image).parts.includes("train"));
  return isTraining.includes(true) && isTraining.includes(false);
}
