import type { ReidDataset } from "../dataset.ts";
import type { DatasetFolder } from "./dataset_folder.ts";

/** A way of laying out a dataset on disk. */
export interface Layout {
  /** What a folder of this layout contains, for the message about a folder of no known layout. */
  readonly looksFor: string;
  /** Whether a folder seems to have this layout, complete or not. */
  claims(folder: DatasetFolder): boolean | Promise<boolean>;
  /**
   * Reads names and lists; opens no image.
   *
   * @throws {DataError} When a required part is missing.
   */
  read(folder: DatasetFolder): Promise<ReidDataset>;
}
