/** Errors about folders whose names say nothing, or several things: what was seen, what is expected, what helps. */
import { basename } from "node:path";
import { keysOf } from "../../model/settings.ts";
import { DataError, firstFew } from "../errors.ts";
import { canBeCamera, LAYOUT_NAMES, type LayoutName, type NamedBy, prefixOf } from "./image_name.ts";
import { type Naming, parseImageName } from "./naming.ts";
import type { Picture, Pictures } from "./pictures.ts";
import { unreadAdvice } from "./published_folders.ts";

const EXPECTED =
  "Name images CAMERA_anything.jpg, such as door_0001.jpg, in a folder for each person: a person is " +
  "searched for in the images of other cameras";

function sayLayout(...names: LayoutName[]) {
  return { remedies: [{ kind: "layout" as const, names }] };
}

/** No part has a picture. */
export function refuseNoPictures(root: string, parts: readonly Pictures[]): DataError {
  const empty = parts.flatMap(({ empty }) => empty), unread = parts.flatMap(({ unread }) => unread);
  if (unread.length > 0) return new DataError(`${root} has no JPEG or PNG images.${unreadAdvice(unread)}`);
  return new DataError(
    `${root} has no images of people: ${empty.length} folders without an image. ` +
      `Put images named CAMERA_anything.jpg into a folder for each person.`,
  );
}

/** Pictures are in no folder of a person. */
export function refuseFlat(root: string, pictures: readonly Picture[], by: Naming | undefined): DataError {
  const [first] = pictures;
  const seen = `The ${pictures.length} images in ${root} are in no folders of people, such as ${first?.file}`;
  if (by === undefined) {
    return new DataError(
      `${seen}, and their names are of no known dataset: nothing says who they show. ${EXPECTED}; names of Market-1501 ` +
        "(0002_c1s1_000451_03.jpg) or DukeMTMC-reID (0001_c2_f0046182.jpg) say it themselves.",
    );
  }
  return new DataError(
    `${seen}. Their names are those of ${by.name}, but nothing divides them into training, query and gallery. Put them ` +
      "into bounding_box_train/, query/ and bounding_box_test/ as in the dataset's archive, or say that these are custom " +
      "people, who are divided here.",
    sayLayout("people"),
  );
}

/** A dataset has two folders that may be the gallery. */
export function refuseTwoGalleries(root: string, gallery: Pictures, test: Pictures): DataError {
  return new DataError(
    `${root} has ${basename(gallery.path)}/ and ${
      basename(test.path)
    }/, which both could be the gallery. Take one of ` +
      "them out of the folder.",
  );
}

/** A dataset is not divided by folders. */
export function refuseSplit(root: string, { name, example, splitBy }: Naming, has: string): DataError {
  return new DataError(
    `The images in ${root} are named as those of ${name} (${example}), where training, query and gallery are divided by ` +
      `${splitBy}; ${has}. Restore what is missing, or divide the images by folders train/, query/ and gallery/, with a ` +
      "folder for each person and names that begin with the camera.",
  );
}

/**
 * Refuses folders of people that are called otherwise than the people in the names of their files.
 *
 * @throws {DataError} With both.
 */
export function requireSamePeople(root: string, pictures: readonly Picture[], naming: Naming): void {
  const wrong = pictures.filter(({ folders, file }) => {
    const identity = parseImageName(naming, file)?.identity;
    return identity !== undefined && identity !== -1 && folders.length > 0 &&
      !folders.some((folder) => Number(folder) === identity);
  });
  const [first] = wrong;
  if (first === undefined) return;
  const layouts = keysOf(LAYOUT_NAMES).filter((name) => name === "people" || LAYOUT_NAMES[name] === naming);
  throw new DataError(
    `The folders in ${root} and the names in them disagree on who is who in ${wrong.length} of ${pictures.length} ` +
      `images: ${first.path} is person ${parseImageName(naming, first.file)?.identity} by its name, as in ` +
      `${naming.name}, and "${
        first.folders.join("/")
      }" by its folder. A folder is expected to be called like the person ` +
      "in the names of its files. Rename the folders, or say whether the names or the folders are right.",
    sayLayout(...layouts),
  );
}

/**
 * Refuses folders beside those of cameras that hold several people each: `P1/cam1/005_0.png` and `P1/cam2/005_0.png` are
 * by two cameras of the place P1, and show person 5.
 *
 * @param person Which of the two folders would be the person.
 * @throws {DataError} When several numbers before the first `_` are in two cameras' folders of a person.
 */
export function requireOnePerson(root: string, pictures: readonly Picture[], person: 0 | 1): void {
  const numbers = new Map<string, Set<string>>();
  for (const { folders, file } of pictures) {
    const number = /^(\d{1,6})_/.exec(file)?.[1];
    if (number === undefined) continue;
    const key = `${folders[person]}/${number}`;
    numbers.set(key, (numbers.get(key) ?? new Set()).add(folders[1 - person] ?? ""));
  }
  const shared = [...numbers].filter(([, cameras]) => cameras.size > 1).map(([key]) =>
    key.split("/")[0] ?? ""
  );
  const several = Map.groupBy(shared, (folder) => folder).entries().find(([, { length }]) => length > 1);
  if (several === undefined) return;
  throw new DataError(
    `The folder ${
      several[0]
    } in ${root} seems to hold several people: names of images by different cameras begin with ` +
      `the same ${several[1].length} numbers, as with ${
        pictures[0]?.path
      }. ${EXPECTED}; or say that each of these folders ` +
      "is a person.",
    sayLayout(person === 0 ? "person/camera" : "camera/person"),
  );
}

/** The user says that there are folders of people, or of cameras and people, and there are not. */
export function refuseDepth(root: string, pictures: readonly Picture[], layout: LayoutName): DataError {
  const [how, what] = layout === "one-camera"
    ? ["with a folder for each person", "the people's folders"]
    : ["two folders deep", "the outer folders"];
  return new DataError(
    `${root} was said to be laid out as ${layout}, ${how}, but its images are not, such as ${
      pictures[0]?.path
    }. Give the folder that holds ${what}, or another layout.`,
  );
}

/** The camera of the pictures is not certain. */
export function refuseNoCamera(root: string, pictures: readonly Picture[], by: NamedBy): DataError {
  const [first] = pictures, depth = first?.folders.length ?? 0;
  if (depth === 2) {
    return new DataError(
      `The images in ${root} are two folders deep, such as ${first?.path}: which folder is the person and which the ` +
        "camera? Call the folders of cameras cam1, cam2 and so on, or say which it is.",
      sayLayout("person/camera", "camera/person"),
    );
  }
  if (by === "folder" || by === "outer folder") {
    const folders = new Set(pictures.map(({ folders }) => folders[0] ?? ""));
    return new DataError(
      `The folders in ${root} are called after cameras, not after people: ${
        firstFew([...folders])
      }. Nothing says who ` +
        `the images show. ${EXPECTED}; or make folders of people in those of cameras.`,
      sayLayout("people"),
    );
  }
  const without = pictures.filter(({ file }) => prefixOf(file) === undefined);
  if (without.length === pictures.length) {
    return new DataError(
      `None of the ${pictures.length} images in ${root} has the name of its camera: ${first?.path} has no "_" after a ` +
        `camera's name. ${EXPECTED}; or say that all images are by one camera.`,
      sayLayout("one-camera"),
    );
  }
  const prefixes = new Set(
    pictures.map(({ file }) => prefixOf(file)).filter((prefix) => prefix !== undefined),
  );
  const [other] = without, { length } = without;
  const others = other === undefined
    ? ""
    : `${length} of them have no "_" after a camera's name, such as ${other.path}, and in the others `;
  const leavesOut = other === undefined ? "" : ", where images without one are left out";
  const shown = pictures.find(({ file }) => prefixOf(file) !== undefined);
  const repeats = shown &&
    !canBeCamera(prefixOf(shown.file) ?? "", { folder: shown.folders[0] ?? "", file: shown.file });
  return new DataError(
    `The names of the ${pictures.length} images in ${root} do not say their cameras for certain: ${others}the text before the ` +
      `first "_" is ${firstFew([...prefixes].map((text) => `"${text}"`))}, which ${
        repeats
          ? "does not look like a camera"
          : `would be ${prefixes.size} ${prefixes.size === 1 ? "camera" : "cameras"}`
      }. ${EXPECTED}. If these are the cameras, say that the layout is that of custom people${leavesOut}; if they are none, say that ` +
      "all images are by one camera.",
    sayLayout("people", "one-camera"),
  );
}
