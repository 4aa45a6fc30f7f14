import type { PersonImage, ReidDataset } from "../dataset.ts";
import { DataError, firstFew, messageOf } from "../errors.ts";
import type { DatasetFolder } from "./dataset_folder.ts";
import { parseImageName } from "./naming.ts";
import { Numbering } from "./numbering.ts";
import { MSMT17_NAMES } from "./other_namings.ts";
import { differencesFromPublished, type PublishedCounts } from "./published_counts.ts";

/** Folders of the first release, and of the second, which has blurred faces. */
const FOLDERS = [["train", "test"], ["mask_train_v2", "mask_test_v2"]] as const;

const LISTS = { train: "list_train.txt", query: "list_query.txt", gallery: "list_gallery.txt" } as const;

/** Part of the training set, kept apart to choose settings; some copies of the dataset lack it. */
const VALIDATION = "list_val.txt";

/** The published sizes. The training list has 30,248 images and the validation list 2,373, of the same people. */
export const PUBLISHED: PublishedCounts = {
  trainIdentities: 1_041,
  trainImages: 32_621,
  queryIdentities: 3_060,
  queries: 11_659,
  galleryIdentities: 3_060,
  ranked: 82_161,
  distractors: 0,
  junk: 0,
  cameras: 15,
};

/**
 * MSMT17 (Wei et al., "Person Transfer GAN to Bridge Domain Gap for Person Re-Identification", CVPR 2018), first
 * and second release: lists of `path label` beside a folder for training and one for the test.
 *
 * Training is `list_train.txt` and `list_val.txt` together: the 32,621 images that the paper and most results
 * since count as the training set (torchreid leaves the validation list out unless `combineall` is set). Labels
 * start at 0 in training and again in the test, for other people; here everybody gets a number from 1 upward.
 * Names contain the time of day, but no frame number that could be compared between cameras.
 */
export async function readMsmt17(folder: DatasetFolder): Promise<ReidDataset> {
  const [trainFolder, testFolder] = requireComplete(folder);
  const training = new ListReader(folder, "train", trainFolder);
  const test = new ListReader(folder, "test", testFolder);
  const train = await training.read(LISTS.train);
  if (folder.top.files.includes(VALIDATION)) train.push(...await training.read(VALIDATION));
  const query = await test.read(LISTS.query);
  const gallery = await test.read(LISTS.gallery);

  const people = new Numbering([...train, ...query, ...gallery].map(({ person }) => person));
  const images = (entries: ListedImage[]): PersonImage[] =>
    entries.map(({ person, path, camera }) => ({
      path,
      identity: people.of(person),
      camera,
      sequence: 0,
      frame: 0,
    }))
      .sort((a, b) => a.path < b.path ? -1 : 1);
  const dataset: ReidDataset = {
    name: trainFolder === FOLDERS[1][0] ? "MSMT17 (second release)" : "MSMT17",
    root: folder.root,
    train: images(train),
    query: images(query),
    gallery: images(gallery),
    timed: false,
    names: { identity: people.names },
    ignored: { junk: 0, otherFiles: training.unlisted() + test.unlisted() },
    warnings: [],
  };
  dataset.warnings.push(...differencesFromPublished(dataset, PUBLISHED, /msmt[-_ ]?17/i, 0));
  return dataset;
}

/** What is looked for, for messages. */
export const MSMT17_LOOKED_FOR = `MSMT17: the files ${Object.values(LISTS).join(", ")} beside ` +
  FOLDERS.map((pair) => pair.join(" and ")).join(", or ");

/** Whether a folder has the names of this layout's lists or folders, complete or not. */
export function claimsMsmt17({ top }: DatasetFolder): boolean {
  return [...Object.values(LISTS), VALIDATION].some((name) => top.files.includes(name)) ||
    FOLDERS[1].some((name) => top.folders.includes(name));
}

/**
 * The folders of training and test.
 *
 * @throws {DataError} When either of them or a list is missing.
 */
function requireComplete(folder: DatasetFolder): readonly [train: string, test: string] {
  const { top } = folder;
  const folders = FOLDERS.find((pair) => pair.some((name) => top.folders.includes(name))) ?? FOLDERS[0];
  const missing = [
    ...Object.values(LISTS).filter((name) => !top.files.includes(name)),
    ...folders.filter((name) => !top.folders.includes(name)),
  ];
  folder.refuseMissing("MSMT17", missing);
  return folders;
}

interface ListedImage {
  readonly path: string;
  /** The half of the dataset and the list's label: labels of training and test both start at 0. */
  readonly person: string;
  readonly camera: number;
}

/** Reads the lists of one half of the dataset, training or test, and remembers the images that they name. */
class ListReader {
  /** Path within the half's folder, and the line that named it. */
  readonly #named = new Map<string, string>();
  /** The files in the folder of each label; undefined until the first list is read. */
  #present: Map<string, ReadonlySet<string>> | undefined;

  constructor(
    private readonly folder: DatasetFolder,
    private readonly half: "train" | "test",
    private readonly images: string,
  ) {}

  /** @throws {DataError} When a line is invalid, leads out of the folder, repeats an image, or names a missing file. */
  async read(list: string): Promise<ListedImage[]> {
    const present = this.#present ??= await this.#listImages();
    const entries: ListedImage[] = [], missing: string[] = [];
    for (const [i, line] of (await this.#text(list)).split(/\r?\n/).entries()) {
      if (line.trim() === "") continue;
      const where = `${this.folder.path(list)}, line ${i + 1}`;
      const { label, person, file, camera } = parseLine(line.trim(), where);
      const path = `${person}/${file}`;
      const before = this.#named.get(path);
      if (before !== undefined) {
        throw new DataError(
          `${where} names ${path}, as does ${before}. Counting an image twice gives wrong scores: remove one of the two ` +
            "lines, or restore the list from the dataset's archive.",
        );
      }
      this.#named.set(path, where);
      if (!present.get(person)?.has(file)) missing.push(path);
      entries.push({
        path: this.folder.path(this.images, person, file),
        person: `${this.half}/${label.padStart(4, "0")}`,
        camera,
      });
    }
    if (entries.length === 0) {
      throw new DataError(`${this.folder.path(list)} names no image. Restore it from the dataset's archive.`);
    }
    if (missing.length > 0) {
      throw new DataError(
        `${missing.length} of the ${entries.length} images that ${this.folder.path(list)} names are not in ` +
          `${this.folder.path(this.images)}: ${firstFew(missing)}. Unpack the dataset's archive again.`,
      );
    }
    return entries;
  }

  /** Files of the half's folder that no list has named. */
  unlisted(): number {
    let files = 0;
    for (const names of this.#present?.values() ?? []) files += names.size;
    return files - this.#named.size;
  }

  /** Lists each folder once, which is far cheaper than a query for each of 126,000 files. */
  async #listImages(): Promise<Map<string, ReadonlySet<string>>> {
    const { folders } = await this.folder.list(this.images);
    const present = new Map<string, ReadonlySet<string>>();
    for (const name of folders) {
      present.set(name, new Set((await this.folder.list(this.images, name)).files));
    }
    return present;
  }

  async #text(list: string): Promise<string> {
    try {
      return await Deno.readTextFile(this.folder.path(list));
    } catch (error) {
      throw new DataError(`${this.folder.path(list)} cannot be read: ${messageOf(error)}.`);
    }
  }
}

/** Reads a line `person/file label`. It names one folder and one file in it, so that no path leads elsewhere. */
function parseLine(line: string, where: string) {
  const [, person = "", file = "", label = ""] = /^([^/\\]+)\/([^/\\]+)\s+(\d{1,9})$/.exec(line) ?? [];
  const { camera } = parseImageName(MSMT17_NAMES, file) ?? {};
  if (camera === undefined || person === "." || person === "..") {
    throw new DataError(
      `${where} is not a line of MSMT17: ${
        JSON.stringify(line.slice(0, 100))
      }. A line has a folder, an image whose ` +
        `third number is the camera, and the person's label, as in "0000/0000_000_01_0303morning_0015_0.jpg 0".`,
    );
  }
  return { person, file, label, camera: Number(camera) };
}
