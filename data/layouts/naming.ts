import { isPicture, stemOf } from "./picture_file.ts";
import type { PublishedCounts } from "./published_counts.ts";

/** How a dataset names its image files. */
export interface Naming {
  /** The dataset's name. */
  readonly name: string;
  /** A file name, to show what the names look like. */
  readonly example: string;
  /** A file name without its ending, with groups `identity`, and where names say so `camera`, `sequence`, `frame`, `track`. */
  readonly pattern: RegExp;
  /** Whether `frame` is on the clock of the camera or of its sequence. */
  readonly timed: boolean;
  /** What else than folders for training, query and gallery says who is in which part; absent where nothing does. */
  readonly splitBy?: string;
  /** Whether person 0 is nobody in particular, in a dataset without published folders. */
  readonly distractors?: true;
  /** What the dataset's folder is usually called. */
  readonly folderName?: RegExp;
  readonly published?: PublishedCounts;
}

/** The naming of a public dataset of known size. */
export type PublishedNaming = Naming & Required<Pick<Naming, "folderName" | "published">>;

/** What the path of an image says, each as far as it does. */
export interface ImageName {
  /** The person's number; -1 is a junk box. */
  readonly identity?: number;
  /** The camera: its number in namings of datasets, such as 3; otherwise the text that names it, in NFC. */
  readonly camera?: string;
  /** Recording of that camera; 1 where frames are not counted by sequence. */
  readonly sequence?: number;
  /** Frame within the recording. */
  readonly frame?: number;
  /** The tracklet of this person and camera: the sequence, where names say no other. */
  readonly track?: string;
}

/** What a file's name says, or undefined where it is no image of the dataset. */
export function parseImageName({ pattern, timed }: Naming, file: string): ImageName | undefined {
  if (!isPicture(file)) return undefined;
  const groups = pattern.exec(stemOf(file))?.groups;
  if (groups === undefined) return undefined;
  const { identity, camera, sequence, frame, track = sequence } = groups;
  return {
    ...(identity !== undefined && { identity: Number(identity) }),
    ...(camera !== undefined && { camera: String(Number(camera)) }),
    ...(timed && { sequence: Number(sequence ?? 1), frame: Number(frame) }),
    ...(track !== undefined && { track: String(Number(track)) }),
  };
}
