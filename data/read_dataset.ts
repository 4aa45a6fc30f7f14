import { relative } from "node:path";
import { cameraName, countIdentities, identityName, type ReidDataset } from "./dataset.ts";
import { DataError, firstFew } from "./errors.ts";
import { protocolOf, UNKNOWN_CAMERA } from "./protocol.ts";
import { DatasetFolder } from "./layouts/dataset_folder.ts";
import { readByPatterns } from "./layouts/by_patterns.ts";
import { FOLDERS_LOOKED_FOR, readFolders } from "./layouts/folders.ts";
import { agreedNaming, type LayoutName } from "./layouts/image_name.ts";
import { claimsMsmt17, MSMT17_LOOKED_FOR, readMsmt17 } from "./layouts/msmt17.ts";
import { partsOf } from "./layouts/parts.ts";
import type { PathPatterns } from "./layouts/path_patterns.ts";
import { isPeopleTable, readTableDataset } from "./layouts/people_table.ts";
import { isPicture, visible } from "./layouts/picture_file.ts";
import { requireContents } from "./layouts/contents.ts";

/** Options of `readDataset`: how names are read. */
export interface ReadDatasetOptions extends PathPatterns {
  /** What the user says that the folder is; by default its names decide. */
  readonly layout?: LayoutName;
}

/**
 * Reads the names and lists of a dataset in any of the known layouts; opens no image.
 *
 * @param root The dataset's folder, or one around it that has nothing else of the kind; or a CSV file, see
 *   `readTableDataset`.
 * @throws {DataError} When the folder has no known layout or is incomplete, when a link leads out of it, when there
 * are fewer than two identities to train on, or when no query has a right match in the gallery.
 */
export async function readDataset(
  root: string,
  options: ReadDatasetOptions = {},
): Promise<ReidDataset> {
  const dataset = isPeopleTable(root) ? await readTable(root, options) : await readFolder(root, options);
  requireUsable(dataset);
  dataset.warnings.push(...peopleInBoth(dataset), ...oneCamera(dataset));
  await requireContents(dataset);
  return dataset;
}

async function readTable(path: string, options: ReadDatasetOptions): Promise<ReidDataset> {
  if (Object.values(options).every((option) => option === undefined)) return await readTableDataset(path);
  throw new DataError(
    `${path} has a column for everything, so that no layout and no pattern is of use. Leave them out, or give the folder ` +
      "of the images in place of the table.",
  );
}

async function readFolder(root: string, options: ReadDatasetOptions): Promise<ReidDataset> {
  const { layout, identityFrom, cameraFrom } = options;
  const given = await DatasetFolder.open(root);
  if (identityFrom !== undefined || cameraFrom !== undefined) {
    return await readByPatterns(given, options, layout);
  }
  const folder = await datasetIn(given);
  if (folder === undefined) throw unknown(given);
  const dataset = await read(folder, layout);
  if (folder !== given) {
    dataset.warnings.unshift(
      `The dataset is in ${relative(root, folder.root)} in ${root}, which has no other.`,
    );
  }
  return dataset;
}

function read(folder: DatasetFolder, layout: LayoutName | undefined): Promise<ReidDataset> {
  const listed = layout === undefined ? claimsMsmt17(folder) : layout === "msmt17";
  return listed ? readMsmt17(folder) : readFolders(folder, layout);
}

/** How deep a dataset is looked for in other folders. */
const DEPTH = 3;

/**
 * The folder whose names are those of a dataset: the one given, or the only one in it.
 *
 * @throws {DataError} When there are several, or it stands beside folders with pictures.
 */
async function datasetIn(folder: DatasetFolder, depth = DEPTH): Promise<DatasetFolder | undefined> {
  if (divided(folder)) return folder;
  const inside = await Promise.all(
    visible(folder.top.folders).map((name) => DatasetFolder.openIn(folder, name)),
  );
  const found = await dividedIn(inside, depth);
  const pictures = inside.some(({ top }) => top.files.some(isPicture));
  const [only, other] = found;
  if (only !== undefined && (other !== undefined || pictures)) throw await several(folder, found);
  if (only !== undefined) return only;
  const named = agreedNaming(folder.top.files.filter(isPicture));
  if (pictures || typeof named === "object") return folder;
  const filled = (await Promise.all(inside.map(async (one) => {
    const deeper = await Promise.all(visible(one.top.folders).map((name) => one.list(name)));
    return deeper.some(({ files }) => files.some(isPicture)) ? [one] : [];
  }))).flat();
  const [wrapped, second] = filled.length > 0 ? filled : inside;
  if (wrapped !== undefined && second === undefined && depth > 0) return await datasetIn(wrapped, depth - 1);
  return filled.length > 0 ? folder : undefined;
}

/** Whether a folder has the lists or the parts of a dataset. */
function divided(folder: DatasetFolder): boolean {
  return claimsMsmt17(folder) || partsOf(folder) !== undefined;
}

/** The folders among these, or in them, that have the lists or the parts of a dataset. */
async function dividedIn(folders: readonly DatasetFolder[], depth: number): Promise<DatasetFolder[]> {
  const found = folders.filter(divided);
  if (depth === 0 || folders.some(({ top }) => top.files.some(isPicture))) return found;
  for (const folder of folders) {
    if (divided(folder)) continue;
    const inside = await Promise.all(
      visible(folder.top.folders).map((name) => DatasetFolder.openIn(folder, name)),
    );
    found.push(...await dividedIn(inside, depth - 1));
  }
  return found;
}

/** An error that names the datasets in a folder, as far as they can be read. */
async function several(folder: DatasetFolder, found: readonly DatasetFolder[]): Promise<DataError> {
  const readable: string[] = [];
  for (const one of found) {
    const dataset = await read(one, undefined).catch((error) => {
      if (!(error instanceof DataError)) throw error;
    });
    if (dataset !== undefined) readable.push(`${one.root} (${dataset.name})`);
  }
  return new DataError(
    `${folder.root} is no dataset itself: ${folder.describe()}. ` +
      (readable.length === 0
        ? "Give the folder of one dataset."
        : `Give the folder of one: ${firstFew(readable, " or ")}.`),
  );
}

function unknown(folder: DatasetFolder): DataError {
  const looked = [...FOLDERS_LOOKED_FOR, MSMT17_LOOKED_FOR].map((text, i) => `(${i + 1}) ${text}`).join("; ");
  const pointers = folder.top.files.filter((file) => file.endsWith(".dvc"));
  return new DataError(
    `${folder.root} has the layout of no known dataset: ${folder.describe()}. ` +
      (pointers.length > 0
        ? `${firstFew(pointers)} stand for data that are kept elsewhere: fetch them with dvc pull.`
        : `Known layouts: ${looked}. Give the folder that directly holds one of these.`),
  );
}

/** A warning where people of the test are in training, too. */
function peopleInBoth(dataset: ReidDataset): string[] {
  const learned = new Set(dataset.train.map(({ identity }) => identity));
  const both = new Set(dataset.gallery.map(({ identity }) => identity)).intersection(learned);
  if (both.size === 0) return [];
  const names = [...both].map((identity) => identityName(dataset, identity));
  return [
    `${both.size} people are in both training and test (${
      firstFew(names)
    }): the scores are not those of people who ` +
    "are new to the network.",
  ];
}

/** A warning where one camera took all images. */
function oneCamera(dataset: ReidDataset): string[] {
  if (protocolOf(dataset) !== "same-camera") return [];
  const camera = cameraName(dataset, dataset.gallery[0]?.camera ?? 0);
  const why = camera === UNKNOWN_CAMERA
    ? "Nothing says the cameras of the images, so all count as by one"
    : `All images are by one camera, "${camera}"`;
  return [
    `${why}: the test is scored by the same-camera protocol, which leaves out the query image itself and nothing else. ` +
    "Pictures of one walk past a camera look alike, so such scores are higher than those across cameras, and must not be " +
    "compared with results on Market-1501.",
  ];
}

function requireUsable(dataset: ReidDataset): void {
  const { root, train, query, gallery } = dataset;
  const [first] = train;
  if (first === undefined || countIdentities(train) < 2) {
    throw new DataError(
      `The ${train.length} training images of ${root} all show one person` +
        `${
          first === undefined ? "" : ` (identity ${identityName(dataset, first.identity)})`
        }, and training needs at ` +
        "least two. Check how images are named and sorted, or give the whole dataset.",
    );
  }
  const matches = Map.groupBy(gallery, ({ identity }) => identity);
  matches.delete(0); // Distractors match nobody.
  const alone = protocolOf(dataset) === "same-camera";
  const answerable = query.some(({ identity, camera, path }) =>
    matches.get(identity)?.some((other) => alone ? other.path !== path : other.camera !== camera)
  );
  if (answerable) return;
  const people = countIdentities(train) + matches.size;
  if (alone && people === train.length + gallery.length) {
    throw new DataError(
      `Each of the ${people} people in ${root} has one image. Training and scoring compare two images of a person: give ` +
        "more images of some people, at least two of each. People with one image are of use in a gallery alone, beside " +
        "others.",
    );
  }
  throw new DataError(
    `None of the ${query.length} queries of ${root} can be scored: a right match is ` +
      (alone
        ? "another image of the same person, and the gallery has none. Give at least two images of each person, or "
        : "an image of the same person by another camera, and the gallery has none. Check the identities and cameras in the " +
          "file names, or ") +
      "give the whole dataset.",
  );
}
