/** What an image's file name says about where and when it was taken, in any folder. */
import { DUKE_MTMC_REID } from "./duke_mtmc_reid.ts";
import { MARKET_1501 } from "./market1501.ts";
import { parseImageName } from "./naming.ts";

/** `c3_0001.jpg`, `cam3_anything.jpg`, `camera-3_anything.png`: custom people with numbered cameras. */
const NUMBERED_CAMERA = /^c(?:am(?:era)?)?-?(\d{1,9})_/i;

/** Where and when an image was taken, as far as its name says so. */
export interface NamedSighting {
  /** The camera's number. */
  readonly camera?: number;
  /** The frame's number on the camera's clock. In Market-1501 each sequence of a camera counts from the start. */
  readonly time?: number;
}

/**
 * Reads a file name of Market-1501, DukeMTMC-reID, or of custom people whose cameras are numbered.
 *
 * @param name A file's name, with or without folders before it.
 * @returns An empty object for names of other kinds.
 */
export function readImageName(name: string): NamedSighting {
  const file = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const published = parseImageName(MARKET_1501, file) ?? parseImageName(DUKE_MTMC_REID, file);
  if (published !== undefined) return { camera: published.camera, time: published.frame };
  const camera = NUMBERED_CAMERA.exec(file)?.[1];
  return camera === undefined ? {} : { camera: Number(camera) };
}
