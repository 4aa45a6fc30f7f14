/** Datasets whose people or cameras are where the user's patterns say. */
import { keysOf } from "../../model/settings.ts";
import type { ReidDataset } from "../dataset.ts";
import { UNKNOWN_CAMERA } from "../protocol.ts";
import type { DatasetFolder } from "./dataset_folder.ts";
import { refuseFlat, refuseNoCamera, refuseNoPictures } from "./folder_refusals.ts";
import { type Found, namedParts } from "./folders.ts";
import {
  agreedNaming,
  type LayoutName,
  namesNoCamera,
  namingOf,
  readImageName,
  showsDistractor,
} from "./image_name.ts";
import { divideByFolders, type NamedImage, namedPeople, sayOneCamera } from "./named_people.ts";
import { partsOf } from "./parts.ts";
import { pathBelow, pathPattern, type PathPatterns, unmatchedNote } from "./path_patterns.ts";
import { allPicturesOf, type Picture, type Pictures } from "./pictures.ts";
import { twiceNote, unreadAdvice } from "./published_folders.ts";

/**
 * Reads the pictures at any depth of a folder, or of the parts in it. What no pattern says is read from the names, or is
 * the outermost folder of a part for the person. Where no pattern says the person, junk boxes are left out, and distractors
 * are in the gallery alone.
 *
 * @throws {DataError} When a pattern is wrong or matches nothing, or something else of the names is not certain.
 */
export async function readByPatterns(
  folder: DatasetFolder,
  patterns: PathPatterns,
  layout: LayoutName | undefined,
): Promise<ReidDataset> {
  const { root } = folder, { identityFrom, cameraFrom } = patterns;
  const identityOf = identityFrom === undefined ? undefined : pathPattern("identityFrom", identityFrom);
  const cameraOf = cameraFrom === undefined ? undefined : pathPattern("cameraFrom", cameraFrom);
  const parts = partsOf(folder);
  const found: Found = parts === undefined ? { all: await allPicturesOf(folder) } : {};
  for (const part of keysOf(parts?.folders ?? {})) {
    const name = parts?.folders[part];
    if (name !== undefined) found[part] = await allPicturesOf(folder, name);
  }
  const lists = Object.values(found), pictures = lists.flatMap((part) => part.pictures);
  if (pictures.length === 0) throw refuseNoPictures(root, lists);

  const below = ({ path }: Picture) => pathBelow(root, path);
  const agreed = agreedNaming(pictures.map(below));
  const nobody = new Set<string>(), nowhere = new Set<string>();
  const personOf = (picture: Picture): string | undefined => {
    if (identityOf !== undefined) return identityOf(below(picture));
    const { identity } = readImageName(below(picture), agreed);
    return identity === undefined ? picture.folders[0]?.normalize("NFC") : String(identity);
  };
  if (identityOf === undefined && pictures.every((picture) => personOf(picture) === undefined)) {
    throw refuseFlat(root, pictures, undefined);
  }
  const saysNoCamera = (picture: Picture) => {
    const { camera } = readImageName(below(picture), agreed);
    return camera === personOf(picture) || namesNoCamera(below(picture));
  };
  const by = namingOf(
    layout,
    typeof agreed !== "object" && pictures.every(saysNoCamera) ? "nowhere" : agreed,
  );
  if (cameraOf === undefined && by === undefined) throw refuseNoCamera(root, pictures, by);

  let junk = 0, strayDistractors = 0;
  const images = (part: Pictures): NamedImage[] =>
    part.pictures.flatMap((picture) => {
      const { identity: _, camera: named, ...time } = readImageName(below(picture), by);
      const isJunk = identityOf === undefined && readImageName(below(picture), agreed).identity === -1;
      const isDistractor = identityOf === undefined && showsDistractor(below(picture), agreed);
      const person = isDistractor ? "" : personOf(picture);
      const camera = cameraOf !== undefined
        ? cameraOf(below(picture))
        : by === "nowhere"
        ? UNKNOWN_CAMERA
        : named;
      if (isJunk) junk++;
      else if (isDistractor && part !== found.gallery && part !== found.test) strayDistractors++;
      else if (person === undefined) nobody.add(below(picture));
      else if (camera === undefined) nowhere.add(below(picture));
      else return [{ ...time, path: picture.path, person, camera }];
      return [];
    });
  const named = namedParts(folder, found, images);
  const said = [
    identityFrom !== undefined && unmatchedNote("identityFrom", identityFrom, [...nobody], pictures.length),
    cameraFrom !== undefined && unmatchedNote("cameraFrom", cameraFrom, [...nowhere], pictures.length),
    identityFrom === undefined && nobody.size > 0 &&
    `${nobody.size} images are in no folder of a person, and are left out.`,
    strayDistractors > 0 &&
    `${strayDistractors} images outside of a gallery are of identity 0, which means "nobody in particular", and are left out.`,
    cameraFrom === undefined && nowhere.size > 0 &&
    `${nowhere.size} images have no camera in their names, and are left out.`,
  ];
  const twice = lists.flatMap((part) => part.twice), unread = lists.flatMap((part) => part.unread);
  return await namedPeople(named, {
    root,
    name: "Custom people",
    cameraIs: cameraFrom === undefined ? "in the names" : `what the pattern ${cameraFrom} finds`,
    divide: divideByFolders(root),
    oneCamera: cameraFrom === undefined ? sayOneCamera() : {
      text: "say so in place of the pattern",
      remedies: [{ kind: "change", settings: ["cameraFrom"] }, ...sayOneCamera().remedies],
    },
    ignored: {
      junk,
      otherFiles: nobody.size + nowhere.size + strayDistractors +
        lists.reduce((sum, { otherFiles }) => sum + otherFiles, 0),
    },
    warnings: [
      ...said,
      twice.length > 0 && twiceNote(twice),
      unread.length > 0 && unreadAdvice(unread).trim(),
    ].filter((text) => typeof text === "string"),
  });
}
