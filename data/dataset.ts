/** One cropped image of a person, as described by its path and file name. */
export interface PersonImage {
  /** The file: absolute, or relative to the working directory. */
  path: string;
  /** The person, from 1; 0 in a gallery is a distractor, which matches nobody. */
  identity: number;
  /** The camera's number, from 1. */
  camera: number;
  /** Recording of that camera; 0 where the dataset is not `timed`. */
  sequence: number;
  /** Frame within the recording; 0 where the dataset is not `timed`. */
  frame: number;
  /** The tracklet, among those of this person by this camera: pictures of one walk past it. Absent where nothing says it. */
  track?: string;
}

/**
 * A re-identification dataset, independent of its layout on disk: images to train on, queries, and the gallery to
 * search. Each list is sorted by file name, so that a seed decides a run. `readDataset()` makes it.
 */
export interface ReidDataset {
  /** The name of the recognized dataset or layout. */
  name: string;
  /** The folder it was read from. */
  root: string;
  /** Images to train on. */
  train: PersonImage[];
  /** Images to search for, of people who are not in training. */
  query: PersonImage[];
  /** Images to search in. */
  gallery: PersonImage[];
  /** Whether file names say when an image was taken, as `sequence` and `frame`. */
  timed: boolean;
  /** Names of people and cameras, in layouts where they are not their numbers. */
  names?: { identity: ReadonlyMap<number, string>; camera?: ReadonlyMap<number, string> };
  /** Numbers of files in none of the lists: junk boxes (identity -1), and files that are no image of a person. */
  ignored: { junk: number; otherFiles: number };
  /** Sentences for the user; empty when the dataset is as expected. */
  warnings: string[];
  /** The datasets that this one joins: see `joinDatasets`. */
  parts?: readonly { readonly name: string; readonly dataset: ReidDataset }[];
}

/** The number of different identities among the images. */
export function countIdentities(images: readonly { identity: number }[]): number {
  return new Set(images.map((image) => image.identity)).size;
}

/** A person's name: the folder's name in a layout of named folders, otherwise the number. */
export function identityName(dataset: Pick<ReidDataset, "names">, identity: number): string {
  return dataset.names?.identity.get(identity) ?? String(identity);
}

/** A camera's name: the text in the file names of a layout that has it, otherwise the number. */
export function cameraName(dataset: Pick<ReidDataset, "names">, camera: number): string {
  return dataset.names?.camera?.get(camera) ?? String(camera);
}

/** A camera's name as the head of a column: that of the data, or c and the number. */
export function cameraLabel(names: ReidDataset["names"], camera: number): string {
  return names?.camera?.get(camera) ?? `c${camera}`;
}

/** One line of counts for the user. */
export function describeDataset(dataset: ReidDataset): string {
  const part = (images: PersonImage[]) => `${images.length} images of ${countIdentities(images)} identities`;
  const known = dataset.gallery.filter((image) => image.identity !== 0);
  const distractors = dataset.gallery.length - known.length;
  const asked = new Set(dataset.query.map((image) => image.identity));
  const unasked = countIdentities(known.filter((image) => !asked.has(image.identity)));
  const withoutQuery = unasked === 0 ? "" : ` (${unasked} of them have no query)`;
  const { junk, otherFiles } = dataset.ignored;
  return [
    `${dataset.name}: training ${part(dataset.train)}`,
    `query ${part(dataset.query)}`,
    `gallery ${part(known)}${withoutQuery} and ${distractors} distractors`,
    describeCameras(dataset),
    `left out: ${junk} junk boxes, ${otherFiles} other files`,
  ].join("; ");
}

/** The number of cameras and, where they have any, their names: shows a user whose files are misnamed. */
function describeCameras(dataset: ReidDataset): string {
  const numbers = camerasOf(dataset);
  const count = `${numbers.length} ${numbers.length === 1 ? "camera" : "cameras"}`;
  if (dataset.names?.camera === undefined) return count;
  const shown = numbers.slice(0, 8).map((number) => cameraName(dataset, number)).join(", ");
  return `${count} (${shown}${numbers.length > 8 ? ` and ${numbers.length - 8} more` : ""})`;
}

/** The cameras of all parts, ascending. */
export function camerasOf(
  { train, query, gallery }: Pick<ReidDataset, "train" | "query" | "gallery">,
): number[] {
  return [...new Set([...train, ...query, ...gallery].map(({ camera }) => camera))].sort((a, b) => a - b);
}
