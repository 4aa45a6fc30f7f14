/** The networks and the image on which features are compared. */
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Publisher } from "./published_network.ts";

/** Strided convolutions see even and odd sizes: 52, 26, 13, 7 and 4 rows, 36, 18, 9, 5 and 3 columns. */
export const SIZE = { height: 52, width: 36 };

/** Every naming at one width, and one naming at every width. */
export const CASES: readonly (readonly [Publisher, number])[] = [
  ["torchvision", 0.35],
  ["torchvision", 0.5],
  ["torchvision", 1],
  ["torchvision", 1.4],
  ["timm", 0.5],
  ["keras", 0.5],
];

/** What the weights are drawn from. */
export const SEED = 11;

/** Bytes of one image, row by row, red first. */
export function noise(): Uint8Array<ArrayBuffer> {
  const random = seededRandom(5);
  return Uint8Array.from({ length: SIZE.height * SIZE.width * 3 }, () => Math.floor(256 * random.uniform()));
}
