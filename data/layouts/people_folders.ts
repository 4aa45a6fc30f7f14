import { camerasOf, countIdentities, identityName, type PersonImage, type ReidDataset } from "../dataset.ts";
import { DataError, firstFew } from "../errors.ts";
import type { DatasetFolder } from "./dataset_folder.ts";
import type { Layout } from "./layout.ts";
import { Numbering } from "./numbering.ts";

/** Folders of these names are parts of the dataset, never people. */
const PARTS = ["train", "test", "query", "gallery"] as const;

/** File names of images; the decoder goes by the content. */
const IMAGE = /^[^.].*\.(jpe?g|png)$/i;

/** camera _ anything, e.g. `door_0001.jpg`: the camera is everything before the first underscore. */
const CAMERA = /^([^_]+)_/;

/**
 * Custom people: a folder for each person with images named `camera_anything.jpg` (or `.jpeg`, `.png`). The folder's
 * name is the person's name, the text before the first underscore of a file name is the camera's name.
 *
 * People whose folders are directly in the dataset's folder are split by name: a person is in the test if the
 * SHA-256 of the name (UTF-8, Unicode form NFC) begins with a hexadecimal digit from 0 to 7, and in training
 * otherwise. The split is the same on every machine, and stays the same for everybody when people or images are
 * added. To choose another split, put the people's folders into `train/` and `test/`.
 *
 * The first image by file name of each test person and camera is a query, if another camera has seen the person too.
 * The gallery is all test images, queries included, so that people with one image per camera can be scored: the
 * Market-1501 protocol never ranks a query's own image for it, nor any other of the same person by the same camera.
 * Multi-query and re-ranking count the query's image twice, however: multi-query gives it double weight, and
 * re-ranking has one neighbor fewer. For those scores, and to choose the queries, use `query/` and `gallery/` instead
 * of `test/`. People who are only in `gallery/` are distractors.
 */
export const peopleFolders: Layout = {
  looksFor: "custom people: a folder for each person with images named CAMERA_anything.jpg (or .jpeg, " +
    ".png), directly in the dataset's folder, or in train/ and test/ in it, or in train/, query/ and gallery/",

  async claims(folder) {
    if (PARTS.some((part) => folder.top.folders.includes(part))) return true;
    for (const name of visible(folder.top.folders)) {
      if ((await folder.list(name)).files.some((file) => IMAGE.test(file))) return true;
    }
    return false;
  },

  async read(folder) {
    const reader = new PeopleReader(folder);
    const images = await readParts(folder, reader);
    const all = [...images.train, ...images.query, ...images.gallery];
    reader.requireImages(all.length);

    const people = new Numbering(all.map(({ person }) => person));
    const cameras = new Numbering(all.map(({ camera }) => camera));
    const number = (part: readonly NamedImage[]): PersonImage[] =>
      part.map(({ path, person, camera }) => (
        { path, identity: people.of(person), camera: cameras.of(camera), sequence: 0, frame: 0 }
      ));
    const dataset: ReidDataset = {
      name: "Custom people",
      root: folder.root,
      train: number(images.train),
      query: number(images.query),
      gallery: number(images.gallery),
      timed: false,
      names: { identity: people.names, camera: cameras.names },
      ignored: { junk: 0, otherFiles: reader.otherFiles },
      warnings: reader.warnings(),
    };
    requireTwoCameras(folder, [...cameras.names.values()]);
    requireParts(dataset);
    dataset.warnings.push(...oddities(dataset));
    return dataset;
  },
};

/** Folders that are not hidden: programs keep other things in hidden ones. */
function visible(folders: readonly string[]): string[] {
  return folders.filter((name) => !name.startsWith("."));
}

interface NamedImage {
  readonly path: string;
  readonly person: string;
  readonly camera: string;
}

interface Parts {
  readonly train: NamedImage[];
  readonly query: NamedImage[];
  readonly gallery: NamedImage[];
}

async function readParts({ root, top }: DatasetFolder, reader: PeopleReader): Promise<Parts> {
  const found = PARTS.filter((part) => top.folders.includes(part));
  if (found.length === 0) {
    const train: NamedImage[] = [], test: NamedImage[] = [];
    for (const name of visible(top.folders)) {
      (await isInTest(name) ? test : train).push(...await reader.readPerson(name));
    }
    return { train, query: firstOfEachCamera(test), gallery: test };
  }
  const wanted = found.includes("test") ? ["train", "test"] : ["train", "query", "gallery"];
  if (found.join() !== wanted.join()) {
    throw new DataError(
      `${root} has the folders ${
        found.map((part) => `${part}/`).join(", ")
      }. Custom people need either train/ and ` +
        "test/, or train/, query/ and gallery/, each with a folder for each person. Add the missing folders, or put the " +
        `people's folders directly into ${root} to split them automatically.`,
    );
  }
  const train = await reader.readPart("train");
  if (found.includes("test")) {
    const test = await reader.readPart("test");
    return { train, query: firstOfEachCamera(test), gallery: test };
  }
  return { train, query: await reader.readPart("query"), gallery: await reader.readPart("gallery") };
}

/** Reads people's folders, and counts files that are no image of a person. */
class PeopleReader {
  otherFiles: number;
  /** Images whose names contain no camera. */
  readonly #withoutCamera: string[] = [];
  readonly #withoutImage: string[] = [];

  constructor(private readonly folder: DatasetFolder) {
    this.otherFiles = folder.top.files.length;
  }

  /** All people of one of the parts. */
  async readPart(part: string): Promise<NamedImage[]> {
    const { folders, files } = await this.folder.list(part);
    this.otherFiles += files.length;
    const images: NamedImage[] = [];
    for (const name of visible(folders)) images.push(...await this.readPerson(part, name));
    return images;
  }

  /** The images of one person, whose folder is named from the dataset's root. */
  async readPerson(...parts: string[]): Promise<NamedImage[]> {
    const { folders, files } = await this.folder.list(...parts);
    const pictures = files.filter((name) => IMAGE.test(name));
    this.otherFiles += folders.length + files.length - pictures.length;
    const person = (parts.at(-1) ?? "").normalize("NFC");
    const images: NamedImage[] = [];
    for (const name of pictures) {
      const path = this.folder.path(...parts, name);
      const camera = CAMERA.exec(name)?.[1]?.normalize("NFC");
      if (camera === undefined) this.#withoutCamera.push(path);
      else images.push({ path, person, camera });
    }
    if (pictures.length === 0) this.#withoutImage.push(this.folder.path(...parts));
    return images;
  }

  /** @throws {DataError} When there is no image with a camera's name. */
  requireImages(images: number): void {
    if (images > 0) return;
    const [unnamed] = this.#withoutCamera;
    throw new DataError(
      unnamed === undefined
        ? `${this.folder.root} has no images of people: ${this.#withoutImage.length} folders without an image. ` +
          `Put images named CAMERA_anything.jpg into a folder for each person.`
        : `None of the ${this.#withoutCamera.length} images in ${this.folder.root} has the name of its camera: ` +
          `${unnamed} has no "_" after a camera's name. Name them CAMERA_anything.jpg, such as door_0001.jpg: a person ` +
          "is searched for in the images of other cameras.",
    );
  }

  /** Sentences about images and folders that were left out. */
  warnings(): string[] {
    const warnings: string[] = [];
    if (this.#withoutCamera.length > 0) {
      warnings.push(
        `${this.#withoutCamera.length} images have no "_" after a camera's name and are left out: ` +
          `${firstFew(this.#withoutCamera)}.`,
      );
    }
    if (this.#withoutImage.length > 0) {
      warnings.push(`Folders without an image are left out: ${firstFew(this.#withoutImage)}.`);
    }
    return warnings;
  }
}

/** Whether a person is in the test, by the name alone. */
async function isInTest(person: string): Promise<boolean> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(person.normalize("NFC")));
  return new DataView(digest).getUint8(0) < 0x80;
}

/** The first image of each person and camera, of people whom two cameras have seen. */
function firstOfEachCamera(images: readonly NamedImage[]): NamedImage[] {
  const people = new Map<string, Set<string>>();
  const firsts = images.filter(({ person, camera }) => {
    const cameras = people.get(person) ?? new Set();
    people.set(person, cameras);
    const isFirst = !cameras.has(camera);
    cameras.add(camera);
    return isFirst;
  });
  return firsts.filter(({ person }) => (people.get(person)?.size ?? 0) > 1);
}

function requireTwoCameras({ root }: DatasetFolder, [first, second]: readonly string[]): void {
  if (second !== undefined) return;
  throw new DataError(
    `All images in ${root} are by one camera, "${first}": the camera is ` +
      `everything before the first "_" of a file's name. A person is searched for in the images of other cameras, so ` +
      `at least two are needed: name the images CAMERA_anything.jpg, such as door_0001.jpg and yard_0001.jpg.`,
  );
}

function requireParts({ root, train, query, gallery }: ReidDataset): void {
  const sorted = `Sort the people yourself, into folders ${root}/train and ${root}/test`;
  if (train.length === 0 || gallery.length === 0) {
    throw new DataError(
      `The people in ${root} are all in ${
        train.length === 0 ? "the test" : "training"
      }, by their folders or the hashes ` +
        `of their names; both parts are needed. ${sorted}, or add people.`,
    );
  }
  if (query.length > 0) return;
  throw new DataError(
    `None of the ${
      countIdentities(gallery)
    } test people in ${root} is seen by two cameras, so nobody can be searched ` +
      `for: the camera is everything before the first "_" of a file's name. ${sorted}, or add images.`,
  );
}

/** Warnings about what is valid, but hardly intended. */
function oddities(dataset: ReidDataset): string[] {
  const warnings: string[] = [];
  const images = dataset.train.length + dataset.gallery.length;
  const cameras = camerasOf(dataset).length;
  if (cameras > 8 && cameras > images / 4) {
    warnings.push(
      `${images} images by ${cameras} cameras: the text before the first "_" of a file's name should be the ` +
        `camera, not the image.`,
    );
  }
  const learned = new Set(dataset.train.map(({ identity }) => identity));
  const both = new Set(
    dataset.gallery.map(({ identity }) => identity).filter((identity) => learned.has(identity)),
  );
  if (both.size > 0) {
    const names = [...both].map((identity) => identityName(dataset, identity));
    warnings.push(
      `${both.size} people are in both training and test (${
        firstFew(names)
      }): the scores are not those of people who ` +
        "are new to the network.",
    );
  }
  return warnings;
}
