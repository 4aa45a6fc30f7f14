/** Files that are there whole or not at all. */
import { dirname, join } from "node:path";
import { messageOf } from "../data/errors.ts";
import { RunError } from "./errors.ts";

/** What a file is called while it is being written. */
const UNFINISHED = ".part";

/**
 * Reads a file.
 *
 * @throws {RunError} when it cannot be read.
 */
export async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new RunError(`${path} cannot be read: ${messageOf(error)}`);
  }
}

/** Writes a file under a temporary name, makes sure that it is on the disk, then renames it. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const temporary = path + UNFINISHED;
  try {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    let written = 0;
    while (written < bytes.length) written += await file.write(bytes.subarray(written));
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(path);
}

/** Gives a file that is on the disk a second name, in place of what had it, or copies it where that cannot be. */
export async function linkWhole(file: string, path: string): Promise<void> {
  const temporary = path + UNFINISHED;
  await Deno.remove(temporary).catch(() => {}); // A killed process may have left it.
  try {
    await Deno.link(file, temporary);
    await Deno.rename(temporary, path); // Does nothing where both are the same file already, ...
    await Deno.remove(temporary).catch(() => {}); // ... and leaves this.
  } catch {
    await Deno.remove(temporary).catch(() => {});
    return await writeWhole(path, await Deno.readFile(file));
  }
  await syncFolder(path);
}

/** Makes sure that a file's or a folder's name is on the disk, which it is when the folder that holds it is. */
export async function syncFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(dirname(path));
    await folder.sync();
  } catch {
    // Some systems cannot sync a folder; the file itself is safe.
  }
}

/** Removes what a killed process left unfinished in a folder. */
export function removeUnfinished(folder: string): void {
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      if (name.endsWith(UNFINISHED)) Deno.removeSync(join(folder, name));
    }
  } catch {
    // Missing, or not writable: the next write reports it.
  }
}
