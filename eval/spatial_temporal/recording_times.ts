/** The time at which an image was taken, by its camera's clock. */
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";

/** Camera and time in a file name. */
export type Sighting = Pick<PersonImage, "camera" | "sequence" | "frame">;

/**
 * Frames since the start of the camera's first recording. Frame numbers start again with every recording, so the
 * recordings of a camera are joined end to end, as the authors of st-ReID do for Market-1501. A recording's length is
 * the largest frame number of any image in it. (The authors use a hand-made table of the same numbers.)
 *
 * @param images All images of the dataset.
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

/** @throws {DataError} When the dataset's file names do not say when an image was taken. */
export function requireTimes({ name, timed }: Pick<ReidDataset, "name" | "timed">): void {
  if (timed) return;
  throw new DataError(
    `${name} cannot be ranked by time: the spatial-temporal prior needs the frame at which each image was taken. File ` +
      "names of Market-1501 and DukeMTMC-reID contain it, those of this layout do not. Leave out the prior.",
    { remedies: [{ kind: "set", settings: { spatialTemporal: false } }] },
  );
}

/** Test cameras without training images, ascending: travel times to and from them are unknown. */
export function camerasWithoutTraining(
  { train, query, gallery }: Pick<ReidDataset, "train" | "query" | "gallery">,
): number[] {
  const trained = new Set(train.map(({ camera }) => camera));
  const tested = new Set([...query, ...gallery].map(({ camera }) => camera));
  return [...tested.difference(trained)].sort((a, b) => a - b);
}
