/** What an image's file name says about where and when it was taken, in any folder. */
import { DUKE_MTMC_REID } from "./duke_mtmc_reid.ts";
import { MARKET_1501 } from "./market1501.ts";
import { MSMT17_CAMERA } from "./msmt17.ts";
import { parseImageName } from "./naming.ts";

/** The camera is everything before the first underscore, as in `door_0001.jpg`. */
const CAMERA = /^([^_]+)_/;

/** Where and when an image was taken, as far as its name says so. */
export interface NamedSighting {
  /** The camera: its number in names of public datasets, such as 3; otherwise the text that names it, in NFC. */
  readonly camera?: string;
  /** The frame's number on the camera's clock. In Market-1501 each sequence of a camera counts from the start. */
  readonly time?: number;
}

/**
 * Reads a file name of Market-1501, DukeMTMC-reID, MSMT17, or of custom people.
 *
 * @param name A file's name, with or without folders before it.
 * @returns An empty object for names of other kinds.
 */
export function readImageName(name: string): NamedSighting {
  const file = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const published = parseImageName(MARKET_1501, file) ?? parseImageName(DUKE_MTMC_REID, file);
  if (published !== undefined) return { camera: String(published.camera), time: published.frame };
  const numbered = MSMT17_CAMERA.exec(file)?.[1];
  if (numbered !== undefined) return { camera: String(Number(numbered)) };
  const camera = CAMERA.exec(file)?.[1]?.normalize("NFC");
  return camera === undefined ? {} : { camera };
}
