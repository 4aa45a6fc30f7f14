/** What an image's file name says of where and when it was taken, whatever folder the file lies in. */
import { DUKE_MTMC_REID } from "./duke_mtmc_reid.ts";
import { MARKET_1501 } from "./market1501.ts";

/** `c3_0001.jpg`, `cam3_anything.jpg`, `camera-3_anything.png`: of the people of one's own, numbered cameras. */
const NUMBERED_CAMERA = /^c(?:am(?:era)?)?-?(\d{1,9})_/i;

/** Where and when, as far as a name tells it. */
export interface NamedSighting {
  /** The camera's number. */
  readonly camera?: number;
  /** The frame's number on the camera's own clock; Market-1501 begins anew with every recording of a camera. */
  readonly time?: number;
}

/**
 * Reads a file name of Market-1501, DukeMTMC-reID, or of one's own people whose cameras are numbered.
 *
 * @param name a file's name, with or without folders before it.
 * @returns nothing but what the name says; an empty object for names of other kinds.
 */
export function readImageName(name: string): NamedSighting {
  const file = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const published = MARKET_1501.parse(file) ?? DUKE_MTMC_REID.parse(file);
  if (published !== undefined) return { camera: published.camera, time: published.frame };
  const camera = NUMBERED_CAMERA.exec(file)?.[1];
  return camera === undefined ? {} : { camera: Number(camera) };
}
