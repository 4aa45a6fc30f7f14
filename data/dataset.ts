/** One cropped picture of a person, as its place and its file name describe it. */
export interface PersonImage {
  /** Where to open it: absolute, or relative to the working directory. */
  path: string;
  /** The person; 0 in a gallery is a distractor, which matches nobody. */
  identity: number;
  /** Number of the camera that took it, from 1. */
  camera: number;
  /** Recording of that camera; 0 where the dataset is not `timed`. */
  sequence: number;
  /** Frame within the recording; 0 where the dataset is not `timed`. */
  frame: number;
}

/**
 * A re-identification dataset as every later stage sees it, whatever its layout on disk: images to train on,
 * queries, and the gallery that they are looked up in. Each list is sorted by file name, so that a seed decides
 * a run. `readDataset()` makes it.
 */
export interface ReidDataset {
  /** The layout that was recognized, as a user would name it. */
  name: string;
  /** The folder it was read from. */
  root: string;
  /** Images to learn from. */
  train: PersonImage[];
  /** Images to look up: those of people who are not in training. */
  query: PersonImage[];
  /** Images that the queries are looked up in. */
  gallery: PersonImage[];
  /** Whether file names say when an image was taken: whether `sequence` and `frame` mean anything. */
  timed: boolean;
  /** What the user calls people and cameras where that is not their number. */
  names?: { identity: ReadonlyMap<number, string>; camera?: ReadonlyMap<number, string> };
  /** Files that are in none of the lists: junk boxes (identity -1), and files that are no image of a person. */
  ignored: { junk: number; otherFiles: number };
  /** Sentences for the user; empty when the dataset is as it should be. */
  warnings: string[];
}

/** The number of different identities among the images. */
export function countIdentities(images: readonly { identity: number }[]): number {
  return new Set(images.map((image) => image.identity)).size;
}

/** What the user calls a person: the folder's name in a layout of named folders, else the number. */
export function identityName(dataset: Pick<ReidDataset, "names">, identity: number): string {
  return dataset.names?.identity.get(identity) ?? String(identity);
}

/** What the user calls a camera: the text in the file names of a layout that has such, else the number. */
export function cameraName(dataset: Pick<ReidDataset, "names">, camera: number): string {
  return dataset.names?.camera?.get(camera) ?? String(camera);
}

/** One line of counts for the user. */
export function describeDataset(dataset: ReidDataset): string {
  const part = (images: PersonImage[]) => `${images.length} images of ${countIdentities(images)} identities`;
  const distractors = dataset.gallery.filter((image) => image.identity === 0).length;
  const known = dataset.gallery.filter((image) => image.identity !== 0);
  const asked = new Set(dataset.query.map((image) => image.identity));
  const unasked = countIdentities(known.filter((image) => !asked.has(image.identity)));
  return `${dataset.name}: training ${part(dataset.train)}; query ${part(dataset.query)}; gallery ${
    part(known)
  }${unasked === 0 ? "" : ` (${unasked} of them have no query)`} ` +
    `and ${distractors} distractors; ${
      describeCameras(dataset)
    }; left out: ${dataset.ignored.junk} junk boxes, ` +
    `${dataset.ignored.otherFiles} other files`;
}

/** Cameras by number and name where they have names: whoever named files otherwise than meant sees it here. */
function describeCameras(dataset: ReidDataset): string {
  const numbers = camerasOf(dataset);
  const count = `${numbers.length} ${numbers.length === 1 ? "camera" : "cameras"}`;
  if (dataset.names?.camera === undefined) return count;
  const shown = numbers.slice(0, 8).map((number) => `c${number} ${cameraName(dataset, number)}`).join(", ");
  return `${count} (${shown}${numbers.length > 8 ? ` and ${numbers.length - 8} more` : ""})`;
}

/** The cameras of all parts, ascending. */
export function camerasOf({ train, query, gallery }: ReidDataset): number[] {
  const cameras = new Set<number>();
  for (const images of [train, query, gallery]) for (const { camera } of images) cameras.add(camera);
  return [...cameras].sort((a, b) => a - b);
}
