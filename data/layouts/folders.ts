/** Datasets that are folders of pictures: who is who follows from the names of files, or of folders. */
import { basename } from "node:path";
import { keysOf } from "../../model/settings.ts";
import type { ReidDataset } from "../dataset.ts";
import { UNKNOWN_CAMERA } from "../protocol.ts";
import { DataError, firstFew } from "../errors.ts";
import type { DatasetFolder } from "./dataset_folder.ts";
import {
  refuseDepth,
  refuseFlat,
  refuseNoCamera,
  refuseNoPictures,
  refuseSplit,
  refuseTwoGalleries,
  requireOnePerson,
  requireSamePeople,
} from "./folder_refusals.ts";
import {
  agreedNaming,
  type LayoutName,
  type NamedBy,
  namesNoCamera,
  namingOf,
  readImageName,
} from "./image_name.ts";
import {
  divideByFolders,
  type NamedImage,
  type NamedParts,
  namedPeople,
  sayOneCamera,
} from "./named_people.ts";
import type { Naming } from "./naming.ts";
import { MARS } from "./other_namings.ts";
import { PARTS_LOOKED_FOR, partsOf } from "./parts.ts";
import { type Picture, type Pictures, picturesOf } from "./pictures.ts";
import { type GivenParts, readPublished, twiceNote, unreadAdvice } from "./published_folders.ts";

/** What is looked for, for messages. */
export const FOLDERS_LOOKED_FOR = [
  `Market-1501 or DukeMTMC-reID: the folders ${PARTS_LOOKED_FOR}, with images named 0002_c1s1_000451_03.jpg or ` +
  "0001_c2_f0046182.jpg, directly in them or in a folder for each person",
  "custom people: a folder for each person with images named CAMERA_anything.jpg (or .jpeg, .png), directly in the " +
  "dataset's folder, or in train/ and test/ in it, or in train/, query/ and gallery/",
] as const;

/** The pictures of a dataset by its parts; `all` where there are none. */
export type Found = Partial<Record<"all" | "train" | "query" | "gallery" | "test", Pictures>>;

/**
 * Reads a dataset of folders.
 *
 * Files that are named as those of Market-1501, DukeMTMC-reID and their like say who they show; where they are in
 * folders of people, too, both must agree. Other people are called by their folders, and cameras by the text before the
 * first underscore of a file's name, or by folders that are called after cameras.
 *
 * @param layout What the user says that it is; by default the names decide.
 * @throws {DataError} When the names are of no layout or of several, or say something else than the folders.
 */
export async function readFolders(folder: DatasetFolder, layout?: LayoutName): Promise<ReidDataset> {
  const parts = partsOf(folder);
  const found: Found = parts === undefined ? { all: await picturesOf(folder) } : {};
  for (const part of keysOf(parts?.folders ?? {})) {
    const name = parts?.folders[part];
    if (name !== undefined) found[part] = await picturesOf(folder, name);
  }
  const dataset = await readFound(folder, found, agreed(found), layout);
  if (parts !== undefined && parts.beside.length > 0) {
    dataset.warnings.push(
      `Left out in ${folder.root}: ${parts.beside.map((name) => `${name}/`).join(", ")}.`,
    );
  }
  return dataset;
}

/** The naming of the pictures. Where those of the test have one, generated pictures in training may have any. */
function agreed(found: Found): NamedBy {
  const { query, gallery, test } = found;
  const tested = [query, gallery, test].flatMap((part) => part?.pictures ?? []);
  const naming = agreedNaming(tested.map(({ path }) => path));
  return typeof naming === "object" && naming.published
    ? naming
    : agreedNaming(everything(found).map(({ path }) => path));
}

async function readFound(
  folder: DatasetFolder,
  found: Found,
  agreed: NamedBy,
  layout: LayoutName | undefined,
): Promise<ReidDataset> {
  const { root } = folder, pictures = everything(found), depth = depthOf(root, found);
  const nowhere = agreed === undefined && depth === 1 && pictures.every(({ path }) => namesNoCamera(path));
  const by = namingOf(layout, nowhere ? "nowhere" : agreed);
  if (pictures.length === 0) throw refuseNoPictures(root, Object.values(found));
  const oneCamera = depth > 0 && by !== "outer folder";
  const custom = (
    cameraIs: string,
    person: (picture: Picture) => string | undefined,
    name = "Custom people",
  ) => readNamed(folder, found, { name, cameraIs, person, by, oneCamera, sure: layout !== undefined });
  if (typeof by === "object") {
    const cameraIs = `the number in a file's name, as in ${by.example}`;
    const byName = ({ path }: Picture) => String(readImageName(path, by).identity);
    if (layout === "people") {
      return await custom(
        cameraIs,
        depth === 0 ? byName : ({ folders }) => folders[0],
      );
    }
    if (by.splitBy !== undefined) throw refuseSplit(root, by, folder.describe());
    if (layout === undefined) requireSamePeople(root, pictures, by);
    if (found.all !== undefined) {
      if (depth === 0) throw refuseFlat(root, pictures, by);
      return await custom(cameraIs, byName, `Custom people, named as in ${by.name}`);
    }
    if (by === MARS) {
      const { train, gallery: test } = found;
      const tracklets = train !== undefined && test !== undefined && Object.keys(found).length === 2;
      return await readNamed(folder, tracklets ? { train, test } : found, {
        name: tracklets ? "MARS, with queries chosen here" : by.name,
        cameraIs,
        person: byName,
        by,
        oneCamera,
        sure: false,
      });
    }
    if (by.published === undefined) return await custom(cameraIs, byName, by.name);
    return readPublished(root, given(folder, found, by), by);
  }
  if (depth !== 2 && (layout === "person/camera" || layout === "camera/person")) {
    throw refuseDepth(root, pictures, layout);
  }
  if (depth === 0 && layout === "one-camera") throw refuseDepth(root, pictures, layout);
  if (depth === 0) throw refuseFlat(root, pictures, undefined);
  if (by === "nowhere") return await custom("not in the names", ({ folders }) => folders[0]);
  const inFolders = by === "folder" || by === "outer folder";
  if (by === undefined || inFolders !== (depth === 2)) throw refuseNoCamera(root, pictures, by);
  if (layout === undefined && inFolders) requireOnePerson(root, pictures, by === "folder" ? 0 : 1);
  if (by === "outer folder") return await custom("the name of the outer folder", ({ folders }) => folders[1]);
  return await custom(
    inFolders ? "the name of the inner folder" : `everything before the first "_" of a file's name`,
    ({ folders }) => folders[0],
  );
}

function everything(found: Found): Picture[] {
  return Object.values(found).flatMap(({ pictures }) => pictures);
}

/** How many folders lead to the pictures, which has to be the same in all parts. */
function depthOf(root: string, found: Found): number {
  const filled = Object.values(found).filter(({ pictures }) => pictures.length > 0);
  const [first, ...others] = filled;
  const other = others.find(({ depth }) => depth !== first?.depth);
  if (first === undefined || other === undefined) return first?.depth ?? 0;
  throw new DataError(
    `${root} has pictures in ${first.path} that are ${levels(first.depth)}, and in ${other.path} ${
      levels(other.depth)
    }. ` +
      "Lay all parts out in the same way.",
  );
}

function levels(depth: number): string {
  return depth === 0 ? "directly in the folder" : depth === 1 ? "in folders in it" : "two folders deep";
}

/** The parts of a public dataset. @throws {DataError} When one is missing, or there is one too many. */
function given(folder: DatasetFolder, found: Found, { name }: Naming): GivenParts {
  const { train, query, gallery, test } = found;
  const galleries = [gallery, test].filter((part) => part !== undefined);
  const [only, twin] = galleries;
  if (only !== undefined && twin !== undefined) throw refuseTwoGalleries(folder.root, only, twin);
  if (train !== undefined && query !== undefined && only !== undefined) {
    return { train, query, gallery: only };
  }
  const market = folder.top.folders.some((part) => part.startsWith("bounding_box"));
  const missing = [
    train === undefined ? (market ? "bounding_box_train" : "a folder for training (such as train)") : "",
    query === undefined ? (market ? "query" : "a folder of queries (such as query)") : "",
    only === undefined ? (market ? "bounding_box_test" : "a folder of the gallery (such as gallery)") : "",
  ].filter((text) => text !== "");
  const byPeople = train !== undefined && only !== undefined;
  throw new DataError(
    `${folder.root} is laid out as ${name}, but ${missing.join(" and ")} ${
      missing.length === 1 ? "is" : "are"
    } ` +
      `missing; ${folder.describe()}. Restore what is missing from the dataset's archive` +
      (byPeople ? ", or say that these are custom people, whose queries are chosen here." : "."),
    { remedies: byPeople ? [{ kind: "layout", names: ["people"] }] : [] },
  );
}

interface NamedReading {
  readonly name: string;
  readonly cameraIs: string;
  readonly by: NamedBy;
  /** Whether the user said who is who, whatever the names say. */
  readonly sure: boolean;
  /** Whether the layout of one camera would find the same people. */
  readonly oneCamera: boolean;
  /** The person of a picture. */
  person(picture: Picture): string | undefined;
}

/** People and cameras by their names, in the parts that were found. */
async function readNamed(folder: DatasetFolder, found: Found, reading: NamedReading): Promise<ReidDataset> {
  const { root, top } = folder, { name, cameraIs } = reading;
  const withoutCamera: string[] = [], others: string[] = [];
  let junk = 0;
  const images = (part: Pictures): NamedImage[] =>
    part.pictures.flatMap((picture) => {
      const { path } = picture, { identity, camera: named, ...time } = readImageName(path, reading.by);
      const camera = reading.by === "nowhere" ? UNKNOWN_CAMERA : named;
      const said = reading.person(picture)?.normalize("NFC");
      const unknown = identity === 0 && typeof reading.by === "object" && reading.by.distractors;
      const person = unknown ? "" : said;
      const nobody = identity === -1 ||
        (identity === 0 && typeof reading.by === "object" && reading.by.published);
      if (nobody) junk++;
      else if (camera === undefined || person === undefined) withoutCamera.push(path);
      else if (!reading.sure && identity !== undefined && Number(person) !== identity) others.push(path);
      else return [{ ...time, path, person, camera }];
      return [];
    });
  const parts = namedParts(folder, found, images);
  const lists = Object.values(found);
  const all = Object.values(parts).flat();
  if (all.length === 0) throw refuseNoCamera(root, everything(found), reading.by);
  const empty = lists.flatMap(({ empty }) => empty), twice = lists.flatMap(({ twice }) => twice);
  const unread = lists.flatMap(({ unread }) => unread);
  return await namedPeople(parts, {
    root,
    name,
    cameraIs,
    divide: divideByFolders(root),
    ...(reading.oneCamera && { oneCamera: sayOneCamera() }),
    ignored: {
      junk,
      otherFiles: (found.all === undefined ? top.files.length : 0) + others.length +
        lists.reduce((sum, { otherFiles }) => sum + otherFiles, 0),
    },
    warnings: [
      withoutCamera.length > 0 &&
      `${withoutCamera.length} images have no ${
        typeof reading.by === "object" ? "camera in their names" : `"_" after a camera's name`
      } and are left out: ${firstFew(withoutCamera)}.`,
      others.length > 0 &&
      `${others.length} images are left out, as their names say another person than their folders: ` +
        `${firstFew(others)}.`,
      empty.length > 0 && `Folders without an image are left out: ${firstFew(empty)}.`,
      twice.length > 0 && twiceNote(twice),
      unread.length > 0 && unreadAdvice(unread).trim(),
    ].filter((text) => text !== false),
  });
}

/** The images of each part. @throws {DataError} When the parts are not those of custom people. */
export function namedParts(
  { root }: DatasetFolder,
  { all, train, query, gallery, test }: Found,
  images: (part: Pictures) => NamedImage[],
): NamedParts {
  if (all !== undefined) return { all: images(all) };
  if (gallery !== undefined && test !== undefined) throw refuseTwoGalleries(root, gallery, test);
  const tested = gallery ?? test;
  if (train !== undefined && query !== undefined && tested !== undefined) {
    return { train: images(train), query: images(query), gallery: images(tested) };
  }
  if (train !== undefined && test !== undefined) return { train: images(train), test: images(test) };
  const found = [train, query, gallery, test].filter((part) => part !== undefined);
  throw new DataError(
    `${root} has the folders ${
      found.map(({ path }) => `${basename(path)}/`).join(", ")
    }. Custom people need either ` +
      "train/ and test/, or train/, query/ and gallery/, each with a folder for each person. Add the missing folders, " +
      `or put the people's folders directly into ${root} to split them automatically.`,
  );
}
