/** What the same-camera protocol cannot answer. */
import type { ReidDataset } from "../data/dataset.ts";
import { DataError } from "../data/errors.ts";
import { protocolOf } from "../data/protocol.ts";

/**
 * Refuses what compares cameras where one camera took all images.
 *
 * @param setting What asks for it.
 * @param what What it is, for the message.
 * @throws {DataError} With the reason.
 */
export function requireCameras(
  dataset: Pick<ReidDataset, "name" | "train" | "query" | "gallery">,
  setting: "cameraPairs" | "multiQuery" | "spatialTemporal",
  what: string,
): void {
  if (protocolOf(dataset) === "Market-1501") return;
  throw new DataError(
    `${dataset.name}: ${what} needs several cameras, and one took all images here, so that the test is scored by the ` +
      "same-camera protocol. Leave it out.",
    { remedies: [{ kind: "set", settings: { [setting]: false } }] },
  );
}
