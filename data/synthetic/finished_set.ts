/** A finished set of synthetic people: the file that marks it, and the move to its final path. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { SyntheticOptions } from "./options.ts";

/** Describes the set in a folder. It is written last, so that a folder with this file is complete. */
export const MARKER = "synthetic_people.json";

/** The content of the marker file. */
export interface Marker {
  version: number;
  options: SyntheticOptions;
}

/** Attempts in a row at which the path is neither free nor holds a set, before the move is given up. */
const TRIES = 10;

/** The content of a folder's marker file; undefined where there is none. */
export async function readMarker(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(join(folder, MARKER)));
  } catch {
    return undefined;
  }
}

/**
 * Moves a finished set to its final path. Other processes may do the same at once: sets are only ever renamed, so that
 * each is complete, and the last one stays.
 *
 * @param keepEqual Keep an equal set that another process has moved there and may be reading.
 * @throws {Error} When anything else is at the path, or it cannot be written.
 */
export async function moveIntoPlace(temporary: string, folder: string, keepEqual: boolean): Promise<void> {
  const marker = await readMarker(temporary);
  for (let tries = 1;;) {
    const there = await readMarker(folder);
    if (keepEqual && isDeepStrictEqual(there, marker)) return;
    if (there !== undefined) await removeSet(folder, `${temporary}.replaced`);
    try {
      await Deno.rename(temporary, folder);
      return;
    } catch (error) {
      // Another process was faster: its set is there, or a third process has just removed it. Other files stay.
      if (await readMarker(folder) !== undefined) tries = 1;
      else if (++tries > TRIES) throw error;
    }
  }
}

/** Renames a set, so that nobody finds half of it, then removes it. */
async function removeSet(folder: string, aside: string): Promise<void> {
  try {
    await Deno.rename(folder, aside);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // Another process has done it.
    throw error;
  }
  await Deno.remove(aside, { recursive: true });
}
