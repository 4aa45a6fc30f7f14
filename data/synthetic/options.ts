import { keysOf } from "../../model/settings.ts";
import { DataError } from "../errors.ts";

/** Options of a set of synthetic people. Two sets with the same options have the same bytes. */
export interface SyntheticOptions {
  /** Decides every picture. */
  seed: number;
  /** People to train on. */
  trainIdentities: number;
  /** Other people than those of training. */
  testIdentities: number;
  /** Cameras of the test part; at least two, as a query's match comes from another camera. */
  cameras: number;
  /** The number of cameras, from the first, that see the training people; the others see only the test. */
  trainCameras: number;
  /** Mean number of training images of an identity in a camera. */
  imagesPerCamera: number;
  /** Mean number of gallery images of an identity in a camera, besides one query. */
  galleryImagesPerCamera: number;
  /** Gallery images of nobody in particular (identity 0000). */
  distractors: number;
  /** Gallery boxes that are neither right nor wrong matches (identity -1). */
  junk: number;
  /** How much cameras differ in exposure, color cast, gamma, contrast, saturation and sharpness; 0 for not at all. */
  cameraVariation: number;
  /** How much the light of one camera changes between pictures, like sun and shade; 0 for not at all. */
  lightVariation: number;
  /**
   * Error of the detector's boxes: standard deviation of their position, as a share of the box, and of the log of
   * their size. Every box of a person overlaps the right one by more than half (intersection over union), as in
   * Market-1501.
   */
  boxError: number;
  /** Share of pictures with an object between camera and person. */
  occlusion: number;
  /** Share of pictures with a second person, who is in front of the first in a third of them. */
  company: number;
  /** Distance between the two people; below 1 they cover each other. */
  companyDistance: number;
  /** Whether frame numbers in file names follow from people walking from camera to camera. */
  walks: boolean;
}

/** The set that commands use when no dataset is given. */
export const DEFAULT_SYNTHETIC: Readonly<SyntheticOptions> = {
  seed: 3,
  trainIdentities: 200,
  testIdentities: 64,
  cameras: 6,
  trainCameras: 6,
  imagesPerCamera: 2.5,
  galleryImagesPerCamera: 2,
  distractors: 120,
  junk: 60,
  cameraVariation: 1,
  lightVariation: 1,
  boxError: 0,
  occlusion: 0.15,
  company: 0.15,
  companyDistance: 1,
  walks: false,
};

/**
 * The set for comparing settings: more people, and the difficulties of Market-1501. Cameras 5 and 6 see nobody in
 * training. The six cameras differ in model and stand in sun and shade, boxes come from a detector (and are accepted
 * from an overlap of one half), and people are covered by others, bicycles and street furniture.
 */
export const BENCHMARK_SYNTHETIC: Readonly<SyntheticOptions> = {
  seed: 11,
  trainIdentities: 300,
  testIdentities: 200,
  cameras: 6,
  trainCameras: 4,
  imagesPerCamera: 2.2,
  galleryImagesPerCamera: 1.2,
  distractors: 400,
  junk: 100,
  cameraVariation: 1.75,
  lightVariation: 2,
  boxError: 0.05,
  occlusion: 0.25,
  company: 0.25,
  companyDistance: 0.8,
  walks: true,
};

/** The sets by name. */
export const SYNTHETIC_SETS = {
  default: DEFAULT_SYNTHETIC,
  benchmark: BENCHMARK_SYNTHETIC,
} satisfies Record<string, Readonly<SyntheticOptions>>;

/**
 * Fills in the defaults and checks the result.
 *
 * @throws {DataError} When an option is out of its range.
 */
export function completeOptions(options: Partial<SyntheticOptions>): SyntheticOptions {
  const complete = { ...DEFAULT_SYNTHETIC, ...options };
  complete.trainCameras = options.trainCameras ?? complete.cameras;
  const ranges: Record<
    Exclude<keyof SyntheticOptions, "walks">,
    [least: number, most: number, integer: boolean]
  > = {
    seed: [0, Number.MAX_SAFE_INTEGER, true],
    trainIdentities: [2, 5000, true],
    testIdentities: [1, 4999, true],
    cameras: [2, 64, true],
    trainCameras: [1, complete.cameras, true],
    imagesPerCamera: [1, 50, false],
    galleryImagesPerCamera: [1, 50, false],
    distractors: [0, 1_000_000, true],
    junk: [0, 1_000_000, true],
    cameraVariation: [0, 4, false],
    lightVariation: [0, 5, false],
    boxError: [0, 0.3, false],
    occlusion: [0, 1, false],
    company: [0, 1, false],
    companyDistance: [0, 2, false],
  };
  for (const name of keysOf(ranges)) {
    const [least, most, integer] = ranges[name], value = complete[name];
    if (value >= least && value <= most && (!integer || Number.isInteger(value))) continue;
    throw new DataError(
      `Synthetic people cannot be drawn with ${name} = ${value}: it must be ${
        integer ? "an integer" : "a number"
      } from ` +
        `${least} to ${most}.`,
    );
  }
  return complete;
}
