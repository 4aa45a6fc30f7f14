/** Scores on a part of the cameras: those in training, and those that are new to the network. */
import type { ReidDataset } from "../data/dataset.ts";
import { itemAt } from "../engine/item_at.ts";
import type { EmbeddedSet } from "./rank_gallery.ts";

/** Some of a dataset's cameras. */
export interface CameraGroup {
  readonly name: "seen cameras" | "unseen cameras";
  readonly cameras: ReadonlySet<number>;
}

/**
 * The cameras of queries and gallery in two groups: those with training images, and those that are new to the network.
 * Scores on the new cameras alone show how the network performs at a new site. A group of fewer than two cameras, or
 * without a query, is left out: a match comes from another camera than its query.
 */
export function cameraGroups(dataset: ReidDataset): CameraGroup[] {
  const trained = new Set(dataset.train.map(({ camera }) => camera));
  const searched = new Set(dataset.query.map(({ camera }) => camera));
  const images = [...dataset.query, ...dataset.gallery];
  const tested = new Set(images.map(({ camera }) => camera).sort((a, b) => a - b));
  const groups: CameraGroup[] = [
    { name: "seen cameras", cameras: new Set([...tested].filter((camera) => trained.has(camera))) },
    { name: "unseen cameras", cameras: tested.difference(trained) },
  ];
  return groups.filter(({ cameras }) => cameras.size > 1 && !cameras.isDisjointFrom(searched));
}

/** The images of a set whose camera `wanted` accepts, in their order; `size` is the length of an embedding. */
export function takenBy(
  { embeddings, labels }: EmbeddedSet,
  size: number,
  wanted: (camera: number) => boolean,
): EmbeddedSet {
  const indices = Int32Array.from(labels.camera.keys().filter((i) => wanted(itemAt(labels.camera, i))));
  const taken = new Float32Array(indices.length * size);
  indices.forEach((from, to) => taken.set(embeddings.subarray(from * size, (from + 1) * size), to * size));
  return {
    embeddings: taken,
    labels: {
      identity: indices.map((i) => itemAt(labels.identity, i)),
      camera: indices.map((i) => itemAt(labels.camera, i)),
    },
  };
}
