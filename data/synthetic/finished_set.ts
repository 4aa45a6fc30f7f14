/** A finished set of synthetic people: how it says what it is, and how it comes into its place. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { SyntheticOptions } from "./options.ts";

/** Says of a folder which set it holds; written last, so that whatever has it is whole. */
export const MARKER = "synthetic_people.json";

/** What the marker says. */
export interface Marker {
  version: number;
  options: SyntheticOptions;
}

/** How often in a row a place may be neither free nor hold a set before it is given up. */
const TRIES = 10;

/** What a folder's marker says; undefined where there is none. */
export async function readMarker(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(join(folder, MARKER)));
  } catch {
    return undefined;
  }
}

/**
 * Gives a finished set its final name. Other processes may be doing the same: each set comes and goes whole, by renaming,
 * and the last one stays.
 *
 * @param keepEqual leave the very same set alone where another process has put it there, and may be reading it.
 * @throws {Error} when the place is taken by anything else, or cannot be written.
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
      // Another process was quicker, and its set is there, or has just been taken away again by a third one. Whatever else is
      // in the way stays there.
      if (await readMarker(folder) !== undefined) tries = 1;
      else if (++tries > TRIES) throw error;
    }
  }
}

/** Takes a set out of its place in one step, so that nobody finds half of it, and removes it. */
async function removeSet(folder: string, aside: string): Promise<void> {
  try {
    await Deno.rename(folder, aside);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return; // Another process has done it.
    throw error;
  }
  await Deno.remove(aside, { recursive: true });
}
