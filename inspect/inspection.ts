/** All that an inspection finds, as the page, the JSON file and the list of removals show it. */
import type { ReidDataset } from "../data/dataset.ts";
import type { FailedImage } from "../data/pixels.ts";
import { itemAt } from "../engine/item_at.ts";
import { countImages, type Counts } from "./counts.ts";
import type { Duplicates } from "./duplicates.ts";
import type { AlikePeople } from "./alike_people.ts";
import type { InspectedImage, ListedImage, ReadImages } from "./read_images.ts";
import type { WrongLabel } from "./wrong_labels.ts";

/** Crops with fewer pixels down or across than these are tiny. */
export const TINY = { height: 32, width: 16 };

/** What a network makes of the people. */
export interface ComparedPeople {
  /** The network's file. */
  readonly checkpoint: string;
  /** The least margin of an image whose label is suspected to be wrong. */
  readonly suspectMargin: number;
  /** All images that are nearer to another person, the largest margin first. */
  readonly nearerToOthers: readonly WrongLabel[];
  /** Pairs of people who look like one, the most alike first. */
  readonly alike: readonly AlikePeople[];
}

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
  /** Absent where no network was given. */
  readonly compared?: ComparedPeople;
}

/** Puts an inspection together. */
export function inspectionOf(
  dataset: ReidDataset,
  { images, broken }: ReadImages,
  duplicates: Duplicates,
  levels: number,
  compared?: ComparedPeople,
): Inspection {
  const area = (image: number) => itemAt(images, image).width * itemAt(images, image).height;
  const tiny = [...images.keys()].filter((image) => isTiny(itemAt(images, image)))
    .sort((a, b) => area(a) - area(b) || a - b);
  const counts = countImages(dataset, images);
  return { dataset, images, counts, broken, tiny, duplicates, levels, ...(compared && { compared }) };
}

const isTiny = ({ width, height }: InspectedImage) => height < TINY.height || width < TINY.width;

/** The images whose labels are suspected to be wrong. */
export function suspects({ compared }: Pick<Inspection, "compared">): readonly WrongLabel[] {
  return compared?.nearerToOthers.filter(({ margin }) => margin >= compared.suspectMargin) ?? [];
}

/** Whether images show more than one person; distractors are another. */
export function ofTwoPeople({ images }: Pick<Inspection, "images">, group: readonly number[]): boolean {
  return new Set(group.map((image) => itemAt(images, image).identity)).size > 1;
}

/** Whether some of the images are in training and others in the test. */
export function inTrainingAndTest({ images }: Pick<Inspection, "images">, group: readonly number[]): boolean {
  const isTraining = group.map((image) => itemAt(images, image).parts.includes("train"));
  return isTraining.includes(true) && isTraining.includes(false);
}
