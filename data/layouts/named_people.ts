/** People and cameras by their names: numbers follow from the order of the names. */
import { camerasOf, countIdentities, identityName, type PersonImage, type ReidDataset } from "../dataset.ts";
import { DataError, type DataRemedy } from "../errors.ts";
import { Numbering } from "./numbering.ts";
import { firstOfEachCamera, isInTest } from "./split_by_name.ts";

/** An image and the names of its person and camera. */
export interface NamedImage {
  readonly path: string;
  /** Empty for nobody in particular, who may be in the gallery alone: a distractor. */
  readonly person: string;
  readonly camera: string;
  /** See `PersonImage`. */
  readonly sequence?: number;
  /** On the clock of the camera, or of its sequence. */
  readonly frame?: number;
  readonly track?: string;
}

/** Images of each part; without a part, they are divided by the people's names. */
export type NamedParts =
  | { readonly all: readonly NamedImage[] }
  | { readonly train: readonly NamedImage[]; readonly test: readonly NamedImage[] }
  | {
    readonly train: readonly NamedImage[];
    readonly query: readonly NamedImage[];
    readonly gallery: readonly NamedImage[];
  };

/** What else there was. */
export interface NamedPeopleOptions {
  readonly root: string;
  readonly name: string;
  readonly ignored: ReidDataset["ignored"];
  readonly warnings: readonly string[];
  /** Where the cameras' names are from, for messages. */
  readonly cameraIs: string;
  /** How the user divides the people into training and test, for messages. */
  readonly divide: string;
  /** What makes all images count as by one camera, for messages; absent where nothing does. */
  readonly oneCamera?: { readonly text: string; readonly remedies: readonly DataRemedy[] };
}

/**
 * A dataset of named people.
 *
 * People who are in no part are split by name: a person is in the test if the SHA-256 of the name (UTF-8, Unicode form
 * NFC) begins with a hexadecimal digit from 0 to 7, and in training otherwise. The split is the same on every machine,
 * and stays the same for everybody when people or images are added.
 *
 * Without queries, the first image by file name of each test person and camera is one, if another camera has seen the
 * person too; where one camera took all images, every image of the test is one: see `Protocol`. The gallery is all test images, queries included, so that people with one image per camera can be scored:
 * the Market-1501 protocol never ranks a query's own image for it, nor any other of the same person by the same camera.
 * Multi-query and re-ranking count the query's image twice, however: multi-query gives it double weight, and re-ranking
 * has one neighbor fewer. For those scores, and to choose the queries, use `query/` and `gallery/` instead of `test/`.
 * People who are only in `gallery/` are distractors.
 *
 * @throws {DataError} When a part is empty, or there are several cameras and nobody in the test is seen by two.
 */
export async function namedPeople(
  parts: NamedParts,
  options: NamedPeopleOptions,
): Promise<ReidDataset> {
  const { root, name, ignored, warnings, cameraIs } = options;
  const images = await divided(parts);
  const all = [...images.train, ...images.query, ...images.gallery];
  const people = new Numbering(all.map(({ person }) => person).filter((person) => person !== ""));
  const cameras = new Numbering(all.map(({ camera }) => camera));
  const number = (part: readonly NamedImage[]): PersonImage[] =>
    part.map(({ path, person, camera, sequence = 0, frame = 0, track }) => ({
      path,
      identity: person === "" ? 0 : people.of(person),
      camera: cameras.of(camera),
      sequence,
      frame,
      ...(track !== undefined && { track }),
    }));
  const dataset: ReidDataset = {
    name,
    root,
    train: number(images.train),
    query: number(images.query),
    gallery: number(images.gallery),
    timed: all.every(({ frame }) => frame !== undefined),
    names: { identity: people.names, camera: cameras.names },
    ignored,
    warnings: [...warnings],
  };
  requireParts(dataset, "all" in parts, options);
  dataset.warnings.push(...oddities(dataset, cameraIs));
  return dataset;
}

async function divided(parts: NamedParts) {
  if ("query" in parts) return parts;
  const cameras = new Set(Object.values(parts).flat().map(({ camera }) => camera));
  const queriesOf = (test: readonly NamedImage[]) => {
    const known = test.filter(({ person }) => person !== "");
    return cameras.size > 1 ? firstOfEachCamera(known) : known;
  };
  if ("test" in parts) return { ...parts, query: queriesOf(parts.test), gallery: parts.test };
  const train: NamedImage[] = [], test: NamedImage[] = [];
  for (const [person, images] of Map.groupBy(parts.all, ({ person }) => person)) {
    (await isInTest(person) ? test : train).push(...images);
  }
  return { train, query: queriesOf(test), gallery: test };
}

function requireParts(
  dataset: ReidDataset,
  isUndivided: boolean,
  { cameraIs, divide, oneCamera }: NamedPeopleOptions,
): void {
  const { root, train, query, gallery } = dataset, all = [...train, ...gallery];
  if (isUndivided && countIdentities(all) === 1) {
    const [{ identity, path } = { identity: 0, path: "" }] = all;
    throw new DataError(
      `All ${all.length} images in ${root} show one person, "${
        identityName(dataset, identity)
      }", such as ${path}: training ` +
        "and test need several people each. Make a folder for each person, or say where the person is in the paths of the " +
        "images.",
      { remedies: [{ kind: "change", settings: ["identityFrom"] }] },
    );
  }
  if (train.length === 0 || gallery.length === 0) {
    throw new DataError(
      `The people in ${root} are all in ${
        train.length === 0 ? "the test" : "training"
      }, by their folders or the hashes ` +
        `of their names; both parts are needed. ${divide}, or add people.`,
    );
  }
  if (query.length > 0) return;
  const someBySeveral = firstOfEachCamera(
    all.filter(({ identity }) => identity !== 0)
      .map(({ identity, camera }) => ({ person: String(identity), camera: String(camera) })),
  ).length > 0;
  throw new DataError(
    `None of the ${
      countIdentities(gallery)
    } test people in ${root} is seen by two cameras, so nobody can be searched ` +
      `for: the camera is ${cameraIs}. ${
        someBySeveral ? `${divide}, or add` : "Nobody in training is, either. Add"
      } images by other cameras` +
      (oneCamera === undefined
        ? "."
        : `; or take all images as by one camera, where images by the same camera are matches, too: ${oneCamera.text}.`),
    { remedies: oneCamera?.remedies ?? [] },
  );
}

/** How the user says that one camera took all images, where a layout says it. */
export function sayOneCamera(): { readonly text: string; readonly remedies: readonly DataRemedy[] } {
  return { text: "say so", remedies: [{ kind: "layout", names: ["one-camera"] }] };
}

/** How people in folders are divided, for messages. */
export function divideByFolders(root: string): string {
  return `Sort the people yourself, into folders ${root}/train and ${root}/test`;
}

/** A warning about what is valid, but hardly intended. */
function oddities(dataset: ReidDataset, cameraIs: string): string[] {
  const images = dataset.train.length + dataset.gallery.length;
  const cameras = camerasOf(dataset).length;
  return cameras > 8 && cameras > images / 4
    ? [`${images} images by ${cameras} cameras: is that right? The camera is ${cameraIs}.`]
    : [];
}
