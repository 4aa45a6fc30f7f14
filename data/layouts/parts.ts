/** Folders of a dataset by what they are used for, whatever they are called. */
import { DataError } from "../errors.ts";
import type { DatasetFolder } from "./dataset_folder.ts";

/** The folders' names as {@link plain} writes them, the first of a list before the others. */
const NAMES = {
  train: ["bounding_box_train", "train_all", "train", "training", "image_train", "bbox_train"],
  query: ["query", "queries", "probe", "image_query"],
  gallery: ["bounding_box_test", "gallery", "image_test", "bbox_test"],
  test: ["test", "testing"],
} as const;

/** Folders that stand beside them and have no part. */
const BESIDE = ["val", "validation", "multi_query"];

/** A folder's name without what people write differently: "Training Set", "query-images". */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-\s]+/g, "_").replace(/_?(set|images|imgs)$/, "");
}

/** The parts that a dataset can be divided into. */
export type PartName = keyof typeof NAMES;

const PARTS = ["train", "query", "gallery", "test"] as const satisfies readonly PartName[];

/** Which folder is which part, by its name on disk. */
export interface Parts {
  readonly folders: Readonly<Partial<Record<PartName, string>>>;
  /** Folders that are left out though their names are those of parts. */
  readonly beside: readonly string[];
}

/** Whether a folder's name is one that divides a dataset: nobody is called so. */
function isPart(name: string): boolean {
  const said = plain(name);
  return PARTS.some((part) => NAMES[part].some((known) => known === said)) || BESIDE.includes(said);
}

/**
 * The parts of a dataset; undefined where no folder in it is called like one.
 *
 * @throws {DataError} When two folders have the name of one part, written differently.
 */
export function partsOf({ root, top }: DatasetFolder): Parts | undefined {
  const named = top.folders.filter(isPart);
  if (!named.some((name) => !BESIDE.includes(plain(name)))) return undefined;
  const folders: Partial<Record<PartName, string>> = {};
  for (const part of PARTS) {
    for (const known of NAMES[part]) {
      const [found, twin] = named.filter((name) => plain(name) === known);
      if (found !== undefined && twin !== undefined) {
        throw new DataError(
          `${root} has ${found}/ and ${twin}/, which both could be the part ${part}. Keep one of them, or give the ` +
            "folder another name.",
        );
      }
      if (found === undefined) continue;
      folders[part] = found;
      break;
    }
  }
  const used: (string | undefined)[] = Object.values(folders);
  return { folders, beside: named.filter((name) => !used.includes(name)) };
}

/** What a dataset's parts are called, to show what is looked for. */
export const PARTS_LOOKED_FOR =
  "bounding_box_train/, query/ and bounding_box_test/, or train/, query/ and gallery/, or train/ and test/";
