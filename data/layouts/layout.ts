import type { ReidDataset } from "../dataset.ts";
import type { DatasetFolder } from "./dataset_folder.ts";

/** A way of laying out a dataset on disk. */
export interface Layout {
  /** What a folder must have to be of this layout, for those whose folder is of none. */
  readonly looksFor: string;
  /** Whether a folder is meant to be of this layout, complete or not. */
  claims(folder: DatasetFolder): boolean | Promise<boolean>;
  /**
   * Reads names and lists; opens no image.
   *
   * @throws {DataError} When something is missing that the layout must have.
   */
  read(folder: DatasetFolder): Promise<ReidDataset>;
}
