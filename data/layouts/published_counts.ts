import { keysOf } from "../../model/settings.ts";
import { camerasOf, countIdentities, type ReidDataset } from "../dataset.ts";

/** The size of a public dataset, as published. */
export interface PublishedCounts {
  trainIdentities: number;
  trainImages: number;
  queryIdentities: number;
  queries: number;
  /** People in the gallery, without identity 0. */
  galleryIdentities: number;
  /** Gallery images that are ranked: all but junk. */
  ranked: number;
  /** Those of identity 0. */
  distractors: number;
  /** Boxes of identity -1 in the gallery's folder. */
  junk: number;
  cameras: number;
}

const LABELS: Record<keyof PublishedCounts, string> = {
  trainIdentities: "training identities",
  trainImages: "training images",
  queryIdentities: "query identities",
  queries: "queries",
  galleryIdentities: "gallery identities",
  ranked: "ranked gallery images",
  distractors: "distractors",
  junk: "junk boxes in the gallery's folder",
  cameras: "cameras",
};

/**
 * Compares a dataset that seems to be a whole public one, by its folder's name or by its size, with the published
 * counts.
 *
 * @param folderName What the dataset's folder is usually called.
 * @param junk Junk boxes in the gallery's folder.
 * @returns A warning where they differ, otherwise nothing.
 */
export function differencesFromPublished(
  dataset: ReidDataset,
  published: PublishedCounts,
  folderName: RegExp,
  junk: number,
): string[] {
  const people = dataset.gallery.filter((image) => image.identity !== 0);
  const found: PublishedCounts = {
    trainIdentities: countIdentities(dataset.train),
    trainImages: dataset.train.length,
    queryIdentities: countIdentities(dataset.query),
    queries: dataset.query.length,
    galleryIdentities: countIdentities(people),
    ranked: dataset.gallery.length,
    distractors: dataset.gallery.length - people.length,
    junk,
    cameras: camerasOf(dataset).length,
  };
  const near = (key: keyof PublishedCounts) => Math.abs(found[key] - published[key]) <= 0.05 * published[key];
  const looksWhole = folderName.test(dataset.root) || (near("trainIdentities") && near("trainImages"));
  if (!looksWhole) return [];

  const differing = keysOf(LABELS)
    .filter((key) => found[key] !== published[key])
    .map((key) => `${found[key]} ${LABELS[key]} (published: ${published[key]})`);
  if (differing.length === 0) return [];
  return [
    `This looks like ${dataset.name} but differs from the published dataset: ${
      differing.join(", ")
    }. Results are ` +
    "comparable with published ones only on the whole dataset.",
  ];
}
