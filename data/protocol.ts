/** By which rules a dataset's test is scored. */
import { camerasOf, type ReidDataset } from "./dataset.ts";

/**
 * Market-1501: a query's matches are images of its person by other cameras; images of its person by its own camera are
 * left out (Zheng et al. 2015). same-camera: for data by a single camera, where every other image of the query's person is
 * a match, and only the query image itself is left out. Pictures of one walk past a camera look alike, so scores by
 * the second protocol are higher and must not be compared with those by the first.
 */
export type Protocol = "Market-1501" | "same-camera";

/** The protocol of a dataset: same-camera where a single camera took all images. */
export function protocolOf(dataset: Pick<ReidDataset, "train" | "query" | "gallery">): Protocol {
  return camerasOf(dataset).length > 1 ? "Market-1501" : "same-camera";
}

/** The name of a camera that nothing names. */
export const UNKNOWN_CAMERA = "unknown";
