import type { PersonImage } from "../dataset.ts";
import type { PublishedCounts } from "./published_counts.ts";

/** How a published dataset names its image files. */
export interface Naming {
  /** The dataset's name. */
  readonly name: string;
  /** A file name, to show what the names look like. */
  readonly example: string;
  /** A file name with the groups `identity`, `camera` and `frame`; `sequence` is 1 where it has no such group. */
  readonly pattern: RegExp;
  /** What the dataset's folder is usually called. */
  readonly folderName: RegExp;
  readonly published: PublishedCounts;
}

/** What a file name says, or undefined where the file is no image of the dataset. */
export function parseImageName({ pattern }: Naming, name: string): Omit<PersonImage, "path"> | undefined {
  const groups = pattern.exec(name)?.groups;
  if (groups === undefined) return undefined;
  return {
    identity: Number(groups.identity),
    camera: Number(groups.camera),
    sequence: Number(groups.sequence ?? 1),
    frame: Number(groups.frame),
  };
}
