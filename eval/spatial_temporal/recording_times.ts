/** When an image was taken, on its camera's clock. */
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";

/** What a file name tells of when and where. */
export type Sighting = Pick<PersonImage, "camera" | "sequence" | "frame">;

/**
 * Frames since the camera's first recording began. Frame numbers begin anew with every recording, so recordings of a
 * camera are laid end to end, as the authors of st-ReID do for Market-1501; the length of one is taken to be the
 * largest frame number that any of `images` has in it. (Theirs is a table of the same numbers, made by hand.)
 *
 * @param images all images of the dataset, whose clocks are shared.
 */
export function recordingTimes(images: Iterable<Sighting>): (image: Sighting) => number {
  const lengths = new Map<number, number[]>();
  for (const { camera, sequence, frame } of images) {
    const of = lengths.get(camera) ?? [];
    lengths.set(camera, of);
    of[sequence] = Math.max(of[sequence] ?? 0, frame);
  }
  return ({ camera, sequence, frame }) => {
    const before = (lengths.get(camera) ?? []).slice(0, sequence);
    return frame + before.reduce((sum, length) => sum + length, 0);
  };
}

/** @throws {DataError} where the dataset's file names do not say when an image was taken. */
export function requireTimes({ name, timed }: Pick<ReidDataset, "name" | "timed">): void {
  if (timed) return;
  throw new DataError(
    `${name} cannot be ranked by time: the spatial-temporal prior needs the frame at which each image was taken, ` +
      "and the file names of this layout do not carry it, as those of Market-1501 and DukeMTMC-reID do. Leave out " +
      "the prior.",
    { remedies: [{ kind: "set", settings: { spatialTemporal: false } }] },
  );
}

/** Cameras of the test that no training image is by: how long people take to and from them is not known. */
export function camerasWithoutTraining(
  { train, query, gallery }: Pick<ReidDataset, "train" | "query" | "gallery">,
): number[] {
  const trained = new Set(train.map(({ camera }) => camera));
  const tested = new Set([...query, ...gallery].map(({ camera }) => camera));
  return [...tested.difference(trained)].sort((a, b) => a - b);
}
