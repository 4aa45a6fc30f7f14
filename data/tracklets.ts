/** Tracklets: the pictures of one person on one walk past a camera. */
import type { ReidDataset } from "./dataset.ts";
import { DataError } from "./errors.ts";
import { partsOfDataset } from "./joined_datasets.ts";

/**
 * What all images of a tracklet share, as PERSON/CAMERA/TRACK; undefined for an image that is in none, as its name says no
 * track or it shows nobody in particular.
 */
export function trackletOf(
  { identity, camera, track }: { identity: number | string; camera: number | string; track?: string },
): string | undefined {
  const isNobody = typeof identity === "number" ? identity <= 0 : identity === "";
  return track === undefined || isNobody ? undefined : [identity, camera, track].join("/");
}

/** @throws {DataError} When the names of the test say no tracklets. */
export function requireTracklets(dataset: ReidDataset): void {
  for (const { name, query, gallery } of partsOfDataset(dataset)) {
    if ([...query, ...gallery].some((image) => trackletOf(image) !== undefined)) continue;
    throw new DataError(
      `${name} cannot be scored by tracklets: nothing says which images belong together. File names of Market-1501 have a ` +
        "sequence (0002_c1s1_000451_03.jpg) and those of MARS a tracklet (0001C1T0001F001.jpg), and a CSV file may have the " +
        "column track. Leave tracklets out.",
      { remedies: [{ kind: "set", settings: { tracklets: false } }] },
    );
  }
}
