/** Parts whose files are named as those of a public dataset: people and cameras keep their numbers. */
import type { PersonImage, ReidDataset } from "../dataset.ts";
import { DataError, firstFew } from "../errors.ts";
import { distinctNaming } from "./image_name.ts";
import { type Naming, parseImageName } from "./naming.ts";
import type { Picture, Pictures } from "./pictures.ts";
import { differencesFromPublished } from "./published_counts.ts";

/** The pictures of each part. */
export interface GivenParts {
  readonly train: Pictures;
  readonly query: Pictures;
  readonly gallery: Pictures;
}

/**
 * Reads parts whose files are named as those of a dataset. Leaves out junk boxes (identity -1) and other files, and
 * counts both; keeps distractors (identity 0000) in the gallery.
 *
 * @throws {DataError} When a part has no usable image, or most of a test part's pictures have other names.
 */
export function readPublished(
  root: string,
  { train, query, gallery }: GivenParts,
  naming: Naming,
): ReidDataset {
  const parts = {
    train: readPart(train, naming),
    query: readPart(query, naming),
    gallery: readPart(gallery, naming),
  };
  const all = Object.values(parts);
  const warnings = otherDatasets(all, naming);
  for (const part of [parts.train, parts.query]) {
    const people = part.images.filter((image) => image.identity !== 0);
    const distractors = part.images.length - people.length;
    if (distractors === 0) continue;
    part.images = people;
    warnings.push(
      `${part.path} has ${distractors} images of identity 0000, which means "nobody in particular" and ` +
        `belongs in the gallery alone: they are left out.`,
    );
  }
  for (const part of all) requireImages(part, naming);
  for (const part of [parts.query, parts.gallery]) requireMost(part, naming);
  const dataset: ReidDataset = {
    name: naming.name,
    root,
    train: parts.train.images,
    query: parts.query.images,
    gallery: parts.gallery.images,
    timed: naming.timed,
    ignored: {
      junk: all.reduce((sum, { junk }) => sum + junk, 0),
      otherFiles: all.reduce((sum, { otherFiles }) => sum + otherFiles, 0),
    },
    warnings,
  };
  if (naming.published && naming.folderName) {
    const { published, folderName } = naming;
    warnings.push(...differencesFromPublished(dataset, published, folderName, parts.gallery.junk));
  }
  warnings.push(...all.flatMap(({ warnings }) => warnings));
  return dataset;
}

interface Part {
  readonly path: string;
  images: PersonImage[];
  readonly junk: number;
  readonly otherFiles: number;
  /** Pictures whose names are not of the naming. */
  readonly others: readonly Picture[];
  readonly unread: readonly string[];
  readonly warnings: readonly string[];
}

function readPart(part: Pictures, naming: Naming): Part {
  const images: PersonImage[] = [], others: Picture[] = [];
  let junk = 0;
  for (const picture of part.pictures) {
    const { identity, camera, sequence = 0, frame = 0, track } = parseImageName(naming, picture.file) ?? {};
    if (identity === undefined || camera === undefined) others.push(picture);
    else if (identity === -1) junk++;
    else {
      const image = { path: picture.path, identity, camera: Number(camera), sequence, frame };
      images.push(track === undefined ? image : { ...image, track });
    }
  }
  const { path, unread, twice } = part;
  const unnamed = others.filter(({ file }) => distinctNaming(file) === undefined);
  const warnings = unnamed.length === 0 || images.length === 0 ? [] : [
    `${unnamed.length} pictures in ${path} have other names than ${naming.example} and are left out: ` +
    `${firstFew(unnamed.map(({ file }) => file))}.`,
  ];
  if (twice.length > 0) warnings.push(twiceNote(twice));
  return { path, images, junk, otherFiles: part.otherFiles + others.length, others, unread, warnings };
}

/** A sentence on pictures that are left out because they are there in another format. */
export function twiceNote(twice: readonly string[]): string {
  return `${twice.length} pictures are there in another format, too, and are read once: ${
    firstFew(twice)
  } left out.`;
}

/** Sentences on files that are named as those of other datasets. */
function otherDatasets(parts: readonly Part[], naming: Naming): string[] {
  const others = parts.flatMap(({ others }) => others).map(({ file }) => distinctNaming(file));
  return [...Map.groupBy(others, (other) => other)].flatMap(([other, { length }]) =>
    other === undefined ? [] : [
      `${length} files are named as those of ${other.name} (${other.example}), most as those of ${naming.name}: ` +
      `the ${length} are left out.`,
    ]
  );
}

/** @throws {DataError} When a part has no usable image. */
function requireImages({ path, images, junk, otherFiles, unread }: Part, { example, name }: Naming): void {
  if (images.length > 0) return;
  const found = [
    junk > 0 ? `${junk} junk boxes (identity -1)` : "",
    otherFiles > 0 ? `${otherFiles} files of other names` : "",
  ].filter((text) => text !== "").join(" and ");
  throw new DataError(
    `${path} has no usable image${found === "" ? ": it is empty" : `, only ${found}`}. ` +
      `Images there are named as ${example} (${name}).${unreadAdvice(unread)}`,
  );
}

/** What to do with pictures of other formats; empty where there are none. */
export function unreadAdvice(unread: readonly string[]): string {
  return unread.length === 0
    ? ""
    : ` ${unread.length} pictures are in a format that is not read, such as ${
      unread[0]
    }: convert them to JPEG or PNG.`;
}

/** @throws {DataError} When a part is scored of which most is left out. */
function requireMost({ path, images, junk, others, unread }: Part, { example, name }: Naming): void {
  const left = others.length + unread.length;
  if (left <= images.length + junk) return;
  throw new DataError(
    `Most pictures in ${path} could not be used: ${left} of ${
      left + images.length + junk
    } are not named as those of ` +
      `${name} (${example}), such as ${
        others[0]?.path ?? unread[0]
      }. Scores would be those of the others alone: take ` +
      `them out of the folder, or rename them.${unreadAdvice(unread)}`,
  );
}
