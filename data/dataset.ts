/** One cropped picture of a person, as its file name describes it. */
export interface PersonImage {
  /** Where to open it: absolute, or relative to the working directory. */
  path: string;
  /** The person; 0 in a gallery is a distractor, which matches nobody. */
  identity: number;
  /** Number of the camera that took it, from 1. */
  camera: number;
  /** Recording of that camera. */
  sequence: number;
  /** Frame within the recording. */
  frame: number;
  /** Number of the bounding box within the frame. */
  box: number;
}

/**
 * A re-identification dataset as every later stage sees it, whatever its layout on disk: images to train on,
 * queries, and the gallery that they are looked up in. Each list is sorted by file name, so that a seed decides
 * a run. A reader for another layout returns this same interface.
 */
export interface ReidDataset {
  /** The layout that was recognised, as a user would name it. */
  name: string;
  /** The folder it was read from. */
  root: string;
  /** Images to learn from. */
  train: PersonImage[];
  /** Images to look up: those of people who are not in training. */
  query: PersonImage[];
  /** Images that the queries are looked up in. */
  gallery: PersonImage[];
  /** Files that are in none of the lists: junk boxes (identity -1), and files that are no image of a person. */
  ignored: { junk: number; otherFiles: number };
  /** Sentences for the user; empty when the dataset is as it should be. */
  warnings: string[];
}

/** The number of different identities among the images. */
export function countIdentities(images: readonly { identity: number }[]): number {
  return new Set(images.map((image) => image.identity)).size;
}

/** One line of counts for the user. */
export function describeDataset(dataset: ReidDataset): string {
  const part = (images: PersonImage[]) => `${images.length} images of ${countIdentities(images)} identities`;
  const distractors = dataset.gallery.filter((image) => image.identity === 0).length;
  const known = dataset.gallery.filter((image) => image.identity !== 0);
  return `${dataset.name}: training ${part(dataset.train)}; query ${part(dataset.query)}; gallery ${
    part(known)
  } ` +
    `and ${distractors} distractors; left out: ${dataset.ignored.junk} junk boxes, ` +
    `${dataset.ignored.otherFiles} other files`;
}
