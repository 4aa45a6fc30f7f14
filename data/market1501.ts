import { join } from "node:path";
import { countIdentities, type PersonImage, type ReidDataset } from "./dataset.ts";
import { DataError } from "./errors.ts";

const FOLDERS = { train: "bounding_box_train", query: "query", gallery: "bounding_box_test" } as const;

/** identity _ c camera s sequence _ frame _ box, e.g. `0002_c1s1_000451_03.jpg` or `-1_c3s2_000120_01.jpg`. */
const NAME = /^(-1|\d{1,9})_c(\d{1,4})s(\d{1,4})_(\d{1,9})_(\d{1,6})\.jpe?g$/i;

/** What a file of the three folders says by its name, or undefined when it is no image of the dataset. */
export function parseMarket1501Name(name: string): Omit<PersonImage, "path"> | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [identity, camera, sequence, frame, box] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { identity, camera, sequence, frame, box };
}

/**
 * Reads a folder laid out as Market-1501 (Zheng et al., "Scalable Person Re-identification: A Benchmark", 2015).
 * Only names are read; no image is opened. Junk boxes (identity -1) are left out and counted, distractors
 * (identity 0000) stay in the gallery, other files are ignored and counted.
 *
 * @throws {DataError} When the folder or one of its three parts is missing or has no usable image, or when there
 * are fewer than two identities to train on.
 */
export async function readMarket1501(root: string): Promise<ReidDataset> {
  await requireFolders(root);
  const parts = {
    train: await readFolder(join(root, FOLDERS.train)),
    query: await readFolder(join(root, FOLDERS.query)),
    gallery: await readFolder(join(root, FOLDERS.gallery)),
  };

  const warnings: string[] = [];
  for (const key of ["train", "query"] as const) {
    const distractors = parts[key].images.filter((image) => image.identity === 0).length;
    if (distractors === 0) continue;
    parts[key].images = parts[key].images.filter((image) => image.identity !== 0);
    warnings.push(
      `${FOLDERS[key]} has ${distractors} images of identity 0000, which means "nobody in particular" and ` +
        `belongs in ${FOLDERS.gallery} alone: they are left out.`,
    );
  }
  for (const key of ["train", "query", "gallery"] as const) {
    if (parts[key].images.length === 0) throw new DataError(noUsableImage(root, FOLDERS[key], parts[key]));
  }
  if (countIdentities(parts.train.images) < 2) {
    throw new DataError(
      `The ${parts.train.images.length} training images in ${
        join(root, FOLDERS.train)
      } all show one person ` +
        `(identity ${parts.train.images[0]!.identity}). Telling people apart is learned from at least two ` +
        `identities: check the digits before the first "_" in the file names, or give the whole dataset.`,
    );
  }

  const lists = Object.values(parts);
  const dataset: ReidDataset = {
    name: "Market-1501",
    root,
    train: parts.train.images,
    query: parts.query.images,
    gallery: parts.gallery.images,
    ignored: {
      junk: lists.reduce((sum, part) => sum + part.junk, 0),
      otherFiles: lists.reduce((sum, part) => sum + part.otherFiles, 0),
    },
    warnings,
  };
  warnings.push(...differencesFromPublished(dataset, parts.gallery.junk));
  return dataset;
}

interface FolderContent {
  images: PersonImage[];
  junk: number;
  otherFiles: number;
}

async function readFolder(folder: string): Promise<FolderContent> {
  const content: FolderContent = { images: [], junk: 0, otherFiles: 0 };
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    // A symbolic link is taken for what its name says; one that leads nowhere fails when it is decoded.
    if (entry.isDirectory) content.otherFiles++;
    else names.push(entry.name);
  }
  names.sort(); // By code unit: the same order under every locale.
  for (const name of names) {
    const parsed = parseMarket1501Name(name);
    if (parsed === undefined) content.otherFiles++;
    else if (parsed.identity === -1) content.junk++;
    else content.images.push({ path: join(folder, name), ...parsed });
  }
  return content;
}

async function requireFolders(root: string): Promise<void> {
  if (!await isFolder(root)) {
    throw new DataError(
      `There is no folder ${root}. Give the folder of a dataset laid out as Market-1501, that is with ` +
        `${Object.values(FOLDERS).join(", ")} in it; without --data, synthetic people are used.`,
    );
  }
  const missing: string[] = [];
  for (const name of Object.values(FOLDERS)) {
    if (!await isFolder(join(root, name))) missing.push(name);
  }
  if (missing.length === 0) return;

  const found: string[] = [];
  let inside: string | undefined;
  for await (const entry of Deno.readDir(root)) {
    found.push(entry.name + (entry.isDirectory ? "/" : ""));
    if (entry.isDirectory && await isFolder(join(root, entry.name, FOLDERS.train))) inside ??= entry.name;
  }
  found.sort();
  const listing = found.length === 0
    ? "it is empty"
    : `it has ${found.slice(0, 5).join(", ")}${found.length > 5 ? ` and ${found.length - 5} more` : ""}`;
  const remedy = inside === undefined
    ? `Give the folder that directly holds ${Object.values(FOLDERS).join(", ")}.`
    : `The dataset seems to be one folder further down: give ${join(root, inside)}.`;
  throw new DataError(
    `${root} is not laid out as Market-1501: ${missing.join(" and ")} missing; ${listing}. ${remedy}`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    // NotFound, a file as part of the way, a loop of links: no folder in each case. Denied access is another matter.
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function noUsableImage(root: string, folder: string, content: FolderContent): string {
  const others = [
    content.junk > 0 ? `${content.junk} junk boxes (identity -1)` : "",
    content.otherFiles > 0 ? `${content.otherFiles} files of other names` : "",
  ].filter((text) => text !== "").join(" and ");
  return `${join(root, folder)} has no usable image${
    others === "" ? ": it is empty" : `, only ${others}`
  }. Images ` +
    `there are named identity_cCAMERAsSEQUENCE_frame_box.jpg, such as 0002_c1s1_000451_03.jpg.`;
}

/** Zheng et al. 2015, as counted in the archive Market-1501-v15.09.15. */
const PUBLISHED = {
  trainIdentities: 751,
  trainImages: 12_936,
  queries: 3_368,
  queryIdentities: 750,
  ranked: 15_913,
  distractors: 2_798,
  junk: 3_819,
};

/** Compares with the published counts whatever claims to be the whole dataset, by its name or by its size. */
function differencesFromPublished(dataset: ReidDataset, galleryJunk: number): string[] {
  const found: typeof PUBLISHED = {
    trainIdentities: countIdentities(dataset.train),
    trainImages: dataset.train.length,
    queries: dataset.query.length,
    queryIdentities: countIdentities(dataset.query),
    ranked: dataset.gallery.length,
    distractors: dataset.gallery.filter((image) => image.identity === 0).length,
    junk: galleryJunk,
  };
  const near = (key: keyof typeof PUBLISHED) =>
    Math.abs(found[key] - PUBLISHED[key]) <= 0.05 * PUBLISHED[key];
  const looksWhole = /market[-_ ]?1501/i.test(dataset.root) ||
    (near("trainIdentities") && near("trainImages"));
  if (!looksWhole) return [];

  const labels: Record<keyof typeof PUBLISHED, string> = {
    trainIdentities: "training identities",
    trainImages: "training images",
    queries: "queries",
    queryIdentities: "query identities",
    ranked: "ranked gallery images",
    distractors: "distractors",
    junk: "junk boxes in bounding_box_test",
  };
  const differing = (Object.keys(PUBLISHED) as (keyof typeof PUBLISHED)[])
    .filter((key) => found[key] !== PUBLISHED[key])
    .map((key) => `${found[key]} ${labels[key]} (published: ${PUBLISHED[key]})`);
  if (differing.length === 0) return [];
  return [
    `This looks like Market-1501 but differs from the published dataset: ${
      differing.join(", ")
    }. Results are ` +
    `comparable with published ones only on the whole dataset.`,
  ];
}
