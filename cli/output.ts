/** What commands write where a flag says. */
import { dirname } from "node:path";
import { messageOf } from "../data/errors.ts";
import { RunError } from "../train/errors.ts";
import { writeWhole } from "../train/write_whole.ts";

/**
 * Writes a file, whole or not at all, and makes its folder.
 *
 * @param flag names the file; in the message if it cannot be written.
 * @throws {RunError} when it cannot be written.
 */
export async function writeOutput(path: string, content: string | Uint8Array, flag = "--out"): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeWhole(path, content);
  } catch (error) {
    throw new RunError(`${path} cannot be written (${messageOf(error)}). Give another file with ${flag}.`);
  }
}

/** Whether there is something at a path. */
export function exists(path: string): Promise<boolean> {
  return Deno.lstat(path).then(() => true, () => false);
}

/**
 * Refuses to replace a file.
 *
 * @param flag names the file.
 * @throws {RunError} when the file exists.
 */
export async function refuseExisting(path: string, flag = "--out"): Promise<void> {
  if (!await exists(path)) return;
  throw new RunError(
    `${path} exists already. Give another file with ${flag}, or replace it with --overwrite.`,
  );
}

/**
 * Makes a folder if it does not exist.
 *
 * @throws {RunError} when it cannot be made.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw new RunError(`The folder ${folder} cannot be made (${messageOf(error)}). Choose another --out.`);
  }
}
