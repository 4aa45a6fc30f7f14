/** An inspection as JSON, for programs: everything that was found, and the facts about every file. */
import { cameraName, identityName } from "../data/dataset.ts";
import { itemAt } from "../engine/item_at.ts";
import { type Inspection, ofTwoPeople, TINY } from "./inspection.ts";

/** The file's text. */
export function inspectionJson(inspection: Inspection): string {
  const { dataset, images, counts, broken, tiny, duplicates, levels, compared } = inspection;
  const name = (identity: number) => identityName(dataset, identity);
  const path = (image: number) => itemAt(images, image).path;
  const pair = ({ first, second, levels }: { first: number; second: number; levels: number }) => ({
    files: [path(first), path(second)],
    levels,
  });
  const equal = (two: boolean) =>
    duplicates.equal.filter((group) => ofTwoPeople(inspection, group) === two).map((group) =>
      group.map(path)
    );
  const result = {
    dataset: dataset.name,
    root: dataset.root,
    warnings: dataset.warnings,
    limits: { tiny: TINY, nearDuplicateLevels: levels },
    counts,
    broken: broken.map(({ path, reason }) => ({ path, reason })),
    tiny: tiny.map(path),
    samePictureOfTwoPeople: { equal: equal(true), near: duplicates.nearOfTwoPeople.map(pair) },
    duplicates: equal(false),
    nearDuplicates: duplicates.near.map(({ kept, others }) => ({
      kept: path(kept),
      others: others.map(({ image, levels }) => ({ path: path(image), levels })),
    })),
    ...(compared && {
      checkpoint: compared.checkpoint,
      suspectMargin: compared.suspectMargin,
      wrongLabels: compared.nearerToOthers.map(({ image, own, other, margin }) => ({
        path: path(image),
        person: name(itemAt(images, image).identity),
        own: path(own),
        other: path(other),
        otherPerson: name(itemAt(images, other).identity),
        margin,
      })),
      alikePeople: compared.alike.map(({ first, second, ratio }) => ({
        people: [name(first), name(second)],
        ratio,
      })),
    }),
    images: images.map(({ path, identity, camera, parts, width, height, brightness, sharpness }) => ({
      path,
      person: name(identity),
      camera: cameraName(dataset, camera),
      parts,
      width,
      height,
      brightness: rounded(brightness),
      sharpness: rounded(sharpness),
    })),
  };
  return JSON.stringify(result) + "\n";
}

const rounded = (value: number) => Math.round(100 * value) / 100;
