/** Scores on a part of the cameras: how a network does where it has been trained, and where it has never been. */
import type { ReidDataset } from "../data/dataset.ts";
import type { EmbeddedSet } from "./rank_gallery.ts";

/** Some of a dataset's cameras. */
export interface CameraGroup {
  readonly name: "seen cameras" | "unseen cameras";
  readonly cameras: ReadonlySet<number>;
}

/**
 * The cameras of queries and gallery: those that training images are from, and those that are new to the network. Queries
 * and gallery of the new ones alone tell how it does at another place. A group of fewer than two cameras, or
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

/** The images of a set whose camera is wanted, in their order; `size` is the length of an embedding. */
export function takenBy(
  { embeddings, labels }: EmbeddedSet,
  size: number,
  wanted: (camera: number) => boolean,
): EmbeddedSet {
  const places = Int32Array.from(labels.camera.keys().filter((i) => wanted(labels.camera[i])));
  const taken = new Float32Array(places.length * size);
  places.forEach((place, i) => taken.set(embeddings.subarray(place * size, (place + 1) * size), i * size));
  return {
    embeddings: taken,
    labels: {
      identity: places.map((place) => labels.identity[place]),
      camera: places.map((place) => labels.camera[place]),
    },
  };
}
