import { DataError } from "../errors.ts";

/** What a set of synthetic people consists of. Two sets with the same options have the same bytes. */
export interface SyntheticOptions {
  /** Decides every picture. */
  seed: number;
  /** People to learn from. */
  trainIdentities: number;
  /** Other people than those of training. */
  testIdentities: number;
  /** Cameras of the test part; at least two, as a query's match comes from another camera. */
  cameras: number;
  /** The first so many cameras see training; the others are unseen until the test. */
  trainCameras: number;
  /** Mean number of training images of an identity in a camera. */
  imagesPerCamera: number;
  /** Mean number of gallery images of an identity in a camera, besides one query. */
  galleryImagesPerCamera: number;
  /** Gallery images of nobody in particular (identity 0000). */
  distractors: number;
  /** Gallery boxes that count neither as right nor as wrong (identity -1). */
  junk: number;
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
};

/**
 * Fills in the defaults and checks the result.
 *
 * @throws {DataError} When an option is out of its range.
 */
export function completeOptions(options: Partial<SyntheticOptions>): SyntheticOptions {
  const complete = { ...DEFAULT_SYNTHETIC, ...options };
  complete.trainCameras = options.trainCameras ?? complete.cameras;
  const ranges: Record<keyof SyntheticOptions, [least: number, most: number, integer: boolean]> = {
    seed: [0, Number.MAX_SAFE_INTEGER, true],
    trainIdentities: [2, 5000, true],
    testIdentities: [1, 4999, true],
    cameras: [2, 64, true],
    trainCameras: [1, complete.cameras, true],
    imagesPerCamera: [1, 50, false],
    galleryImagesPerCamera: [1, 50, false],
    distractors: [0, 1_000_000, true],
    junk: [0, 1_000_000, true],
  };
  for (const [name, [least, most, integer]] of Object.entries(ranges)) {
    const value = complete[name as keyof SyntheticOptions];
    if (value >= least && value <= most && (!integer || Number.isInteger(value))) continue;
    throw new DataError(
      `Synthetic people cannot be drawn with ${name} = ${value}: it must be ${
        integer ? "an integer" : "a number"
      } ` +
        `from ${least} to ${most}.`,
    );
  }
  return complete;
}
