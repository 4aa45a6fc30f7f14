import type { PersonImage, ReidDataset } from "../dataset.ts";
import { DataError } from "../errors.ts";
import type { DatasetFolder } from "./dataset_folder.ts";
import { DUKE_MTMC_REID } from "./duke_mtmc_reid.ts";
import type { Layout } from "./layout.ts";
import { MARKET_1501 } from "./market1501.ts";
import { differencesFromPublished, type PublishedCounts } from "./published_counts.ts";

/** What tells one dataset in three folders from another: how its files are named. */
export interface Naming {
  readonly name: string;
  /** A file's name, for those whose files are named otherwise. */
  readonly example: string;
  /** What a file says by its name, or undefined when it is no image of the dataset. */
  parse(name: string): Omit<PersonImage, "path"> | undefined;
  /** What the dataset's folder is usually called. */
  readonly folderName: RegExp;
  readonly published: PublishedCounts;
}

const NAMINGS: readonly Naming[] = [MARKET_1501, DUKE_MTMC_REID];

const FOLDERS = { train: "bounding_box_train", query: "query", gallery: "bounding_box_test" } as const;
const PARTS = ["train", "query", "gallery"] as const;
type Part = typeof PARTS[number];

/** The layout that Market-1501 began: a folder of images each for training, query and gallery. */
export const threeFolders: Layout = {
  looksFor: `Market-1501 or DukeMTMC-reID: the folders ${Object.values(FOLDERS).join(", ")}`,

  claims({ top }) {
    // Not "query": the people of one's own that are sorted into parts have that folder too.
    return [FOLDERS.train, FOLDERS.gallery].some((name) => top.folders.includes(name));
  },

  /**
   * Junk boxes (identity -1) are left out and counted, distractors (identity 0000) stay in the gallery, other
   * files are ignored and counted.
   */
  async read(folder) {
    const missing = Object.values(FOLDERS).filter((name) => !folder.top.folders.includes(name));
    if (missing.length > 0) {
      throw new DataError(
        `${folder.root} is laid out as ${NAMINGS.map(({ name }) => name).join(" or ")}, but ` +
          `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing; ${folder.describe()}. ` +
          `Restore what is missing from the dataset's archive.`,
      );
    }
    const files = {} as Record<Part, Files>;
    for (const part of PARTS) {
      const { folders, files: names } = await folder.list(FOLDERS[part]);
      files[part] = { names, folders: folders.length };
    }
    return read(folder, files);
  },
};

interface Files {
  readonly names: readonly string[];
  readonly folders: number;
}

function read(folder: DatasetFolder, files: Record<Part, Files>): ReidDataset {
  const { naming, warnings } = chooseNaming(PARTS.flatMap((part) => files[part].names));
  const parts = {} as Record<Part, Content>;
  for (const part of PARTS) parts[part] = sortOut(folder, part, files[part], naming);

  for (const part of ["train", "query"] as const) {
    const people = parts[part].images.filter((image) => image.identity !== 0);
    const distractors = parts[part].images.length - people.length;
    if (distractors === 0) continue;
    parts[part].images = people;
    warnings.push(
      `${FOLDERS[part]} has ${distractors} images of identity 0000, which means "nobody in particular" and ` +
        `belongs in ${FOLDERS.gallery} alone: they are left out.`,
    );
  }
  for (const part of PARTS) {
    if (parts[part].images.length === 0) {
      throw new DataError(noUsableImage(folder.path(FOLDERS[part]), parts[part]));
    }
  }
  const count = (of: (content: Content) => number) => PARTS.reduce((sum, part) => sum + of(parts[part]), 0);
  const dataset: ReidDataset = {
    name: naming.name,
    root: folder.root,
    train: parts.train.images,
    query: parts.query.images,
    gallery: parts.gallery.images,
    timed: true,
    ignored: { junk: count(({ junk }) => junk), otherFiles: count(({ otherFiles }) => otherFiles) },
    warnings,
  };
  warnings.push(
    ...differencesFromPublished(dataset, naming.published, naming.folderName, parts.gallery.junk),
  );
  return dataset;
}

/** The naming that most files have. */
function chooseNaming(names: readonly string[]): { naming: Naming; warnings: string[] } {
  const counted = NAMINGS.map((naming) => ({
    naming,
    files: names.filter((name) => naming.parse(name) !== undefined).length,
  })).sort((a, b) => b.files - a.files); // A stable sort: the first of the table where they tie.
  const [{ naming }, ...others] = counted as [typeof counted[number], ...typeof counted];
  const warnings = others.filter(({ files }) => files > 0).map(({ naming: other, files }) =>
    `${files} files are named as those of ${other.name} (${other.example}), most as those of ${naming.name}: ` +
    `the ${files} are left out.`
  );
  return { naming, warnings };
}

interface Content {
  images: PersonImage[];
  readonly junk: number;
  readonly otherFiles: number;
}

function sortOut(folder: DatasetFolder, part: Part, { names, folders }: Files, naming: Naming): Content {
  const images: PersonImage[] = [];
  let junk = 0, otherFiles = folders;
  for (const name of names) {
    const parsed = naming.parse(name);
    if (parsed === undefined) otherFiles++;
    else if (parsed.identity === -1) junk++;
    else images.push({ path: folder.path(FOLDERS[part], name), ...parsed });
  }
  return { images, junk, otherFiles };
}

function noUsableImage(path: string, { junk, otherFiles }: Content): string {
  const others = [
    junk > 0 ? `${junk} junk boxes (identity -1)` : "",
    otherFiles > 0 ? `${otherFiles} files of other names` : "",
  ].filter((text) => text !== "").join(" and ");
  const examples = NAMINGS.map(({ name, example }) => `${example} (${name})`).join(" or ");
  return `${path} has no usable image${
    others === "" ? ": it is empty" : `, only ${others}`
  }. Images there are ` +
    `named as ${examples}.`;
}
