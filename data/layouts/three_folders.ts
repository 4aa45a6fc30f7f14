import type { PersonImage } from "../dataset.ts";
import { DataError } from "../errors.ts";
import type { DatasetFolder, Listing } from "./dataset_folder.ts";
import { DUKE_MTMC_REID } from "./duke_mtmc_reid.ts";
import type { Layout } from "./layout.ts";
import { MARKET_1501 } from "./market1501.ts";
import { type Naming, parseImageName } from "./naming.ts";
import { differencesFromPublished } from "./published_counts.ts";

const NAMINGS: readonly [Naming, ...Naming[]] = [MARKET_1501, DUKE_MTMC_REID];

const TRAIN = "bounding_box_train", QUERY = "query", GALLERY = "bounding_box_test";
const FOLDERS = [TRAIN, QUERY, GALLERY];

/** The layout of Market-1501: one folder of images each for training, query and gallery. */
export const threeFolders: Layout = {
  looksFor: `Market-1501 or DukeMTMC-reID: the folders ${FOLDERS.join(", ")}`,

  claims({ top }) {
    // Not "query": custom people that are sorted into parts have that folder too.
    return [TRAIN, GALLERY].some((name) => top.folders.includes(name));
  },

  /**
   * Leaves out junk boxes (identity -1) and other files, and counts both; keeps distractors (identity 0000) in the
   * gallery.
   */
  async read(folder) {
    const missing = FOLDERS.filter((name) => !folder.top.folders.includes(name));
    folder.refuseMissing(NAMINGS.map(({ name }) => name).join(" or "), missing);
    const listings = {
      train: await folder.list(TRAIN),
      query: await folder.list(QUERY),
      gallery: await folder.list(GALLERY),
    };
    const { naming, warnings } = chooseNaming(Object.values(listings).flatMap(({ files }) => files));
    const train = readPart(folder, TRAIN, listings.train, naming);
    const query = readPart(folder, QUERY, listings.query, naming);
    const gallery = readPart(folder, GALLERY, listings.gallery, naming);
    const parts = [train, query, gallery];
    for (const part of [train, query]) {
      const people = part.images.filter((image) => image.identity !== 0);
      const distractors = part.images.length - people.length;
      if (distractors === 0) continue;
      part.images = people;
      warnings.push(
        `${part.name} has ${distractors} images of identity 0000, which means "nobody in particular" and ` +
          `belongs in ${GALLERY} alone: they are left out.`,
      );
    }
    for (const part of parts) requireImages(folder, part);
    const dataset = {
      name: naming.name,
      root: folder.root,
      train: train.images,
      query: query.images,
      gallery: gallery.images,
      timed: true,
      ignored: {
        junk: parts.reduce((sum, { junk }) => sum + junk, 0),
        otherFiles: parts.reduce((sum, { otherFiles }) => sum + otherFiles, 0),
      },
      warnings,
    };
    warnings.push(...differencesFromPublished(dataset, naming.published, naming.folderName, gallery.junk));
    return dataset;
  },
};

/** The naming of most files. */
function chooseNaming(names: readonly string[]): { naming: Naming; warnings: string[] } {
  const filesOf = (naming: Naming) => names.filter((name) => naming.pattern.test(name)).length;
  const naming = NAMINGS.reduce((best, other) => filesOf(other) > filesOf(best) ? other : best);
  const warnings = NAMINGS.flatMap((other) => {
    const files = filesOf(other);
    if (other === naming || files === 0) return [];
    return [
      `${files} files are named as those of ${other.name} (${other.example}), most as those of ${naming.name}: ` +
      `the ${files} are left out.`,
    ];
  });
  return { naming, warnings };
}

interface Part {
  /** The folder's name. */
  readonly name: string;
  images: PersonImage[];
  readonly junk: number;
  readonly otherFiles: number;
}

function readPart(folder: DatasetFolder, name: string, { files, folders }: Listing, naming: Naming): Part {
  const images: PersonImage[] = [];
  let junk = 0, otherFiles = folders.length;
  for (const file of files) {
    const parsed = parseImageName(naming, file);
    if (parsed === undefined) otherFiles++;
    else if (parsed.identity === -1) junk++;
    else images.push({ path: folder.path(name, file), ...parsed });
  }
  return { name, images, junk, otherFiles };
}

/** @throws {DataError} When a part has no usable image. */
function requireImages(folder: DatasetFolder, { name, images, junk, otherFiles }: Part): void {
  if (images.length > 0) return;
  const others = [
    junk > 0 ? `${junk} junk boxes (identity -1)` : "",
    otherFiles > 0 ? `${otherFiles} files of other names` : "",
  ].filter((text) => text !== "").join(" and ");
  const examples = NAMINGS.map(({ name, example }) => `${example} (${name})`).join(" or ");
  throw new DataError(
    `${folder.path(name)} has no usable image${others === "" ? ": it is empty" : `, only ${others}`}. ` +
      `Images there are named as ${examples}.`,
  );
}
