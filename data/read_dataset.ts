import { join } from "node:path";
import { countIdentities, identityName, type ReidDataset } from "./dataset.ts";
import { DataError } from "./errors.ts";
import { DatasetFolder } from "./layouts/dataset_folder.ts";
import type { Layout } from "./layouts/layout.ts";
import { msmt17 } from "./layouts/msmt17.ts";
import { peopleFolders } from "./layouts/people_folders.ts";
import { threeFolders } from "./layouts/three_folders.ts";

/** The first layout that claims a folder reads it. Custom people come last: they claim nearly any folder of images. */
const LAYOUTS: readonly Layout[] = [threeFolders, msmt17, peopleFolders];

/**
 * Reads the names and lists of a dataset in any of the known layouts; opens no image.
 *
 * @param root The dataset's folder.
 * @throws {DataError} When the folder has no known layout or is incomplete, when a link leads out of it, when there
 * are fewer than two identities to train on, or when no query has a right match in the gallery.
 */
export async function readDataset(root: string): Promise<ReidDataset> {
  const folder = await DatasetFolder.open(root);
  for (const layout of LAYOUTS) {
    if (!await layout.claims(folder)) continue;
    const dataset = await layout.read(folder);
    requireUsable(dataset);
    return dataset;
  }
  throw new DataError(
    `${root} has the layout of no known dataset: ${folder.describe()}. Known layouts: ` +
      `${LAYOUTS.map((layout, i) => `(${i + 1}) ${layout.looksFor}`).join("; ")}. ${await remedy(folder)}`,
  );
}

/** Advice for a folder of no known layout. */
async function remedy({ root, top }: DatasetFolder): Promise<string> {
  const claimed = async (path: string) => {
    const folder = await DatasetFolder.open(path).catch(() => undefined);
    if (folder === undefined) return false;
    for (const layout of LAYOUTS) if (await layout.claims(folder)) return true;
    return false;
  };
  for (const name of top.folders) {
    const inside = join(root, name);
    if (await claimed(inside)) return `The dataset seems to be one folder further down: give ${inside}.`;
  }
  return "Give the folder that directly holds one of these.";
}

function requireUsable(dataset: ReidDataset): void {
  const { root, train, query, gallery } = dataset;
  const [first] = train;
  if (first === undefined || countIdentities(train) < 2) {
    throw new DataError(
      `The ${train.length} training images of ${root} all show one person` +
        `${
          first === undefined ? "" : ` (identity ${identityName(dataset, first.identity)})`
        }, and training needs at ` +
        "least two. Check how images are named and sorted, or give the whole dataset.",
    );
  }
  const matches = Map.groupBy(gallery, ({ identity }) => identity);
  matches.delete(0); // Distractors match nobody.
  const answerable = query.some(({ identity, camera }) =>
    matches.get(identity)?.some((other) => other.camera !== camera)
  );
  if (!answerable) {
    throw new DataError(
      `None of the ${query.length} queries of ${root} can be scored: a right match is an image of the same person ` +
        "by another camera, and the gallery has none. Check the identities and cameras in the file names, or give the " +
        "whole dataset.",
    );
  }
}
