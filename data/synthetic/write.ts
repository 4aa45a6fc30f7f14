import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { DataError, firstFew, messageOf } from "../errors.ts";
import { beginFolder } from "../unfinished.ts";
import type { DrawReply, DrawRequest, DrawSetup } from "./draw_worker.ts";
import { MARKER, type Marker, moveIntoPlace, readMarker } from "./finished_set.ts";
import { completeOptions, type SyntheticOptions } from "./options.ts";
import { planImages, type PlannedImage } from "./plan.ts";

/** Increased by one whenever the same options give different pictures than before. */
const VERSION = 2;

/** Pictures in one request to a worker. */
const CHUNK = 16;

/** Options of drawing, apart from the pictures. */
export interface WriteSettings {
  /** Threads that draw. Default: one per processor, at most four. */
  workers?: number;
  /** Called with the number of pictures written so far and in all. */
  onProgress?: (done: number, total: number) => void;
  /** Keep an equal set that another process has finished meanwhile and may be reading. Default false. */
  keepEqual?: boolean;
}

/**
 * Draws synthetic people as JPEG files in the layout of Market-1501. The files are written to a temporary folder, which
 * is renamed when complete. A folder of synthetic people is replaced; what a killed process left of it is removed.
 *
 * @returns The number of pictures.
 * @throws {DataError} When an option is out of range, the folder holds other files, or it cannot be written.
 */
export async function writeSyntheticPeople(
  folder: string,
  options: Partial<SyntheticOptions> = {},
  settings: WriteSettings = {},
): Promise<number> {
  const marker: Marker = { version: VERSION, options: completeOptions(options) };
  const images = planImages(marker.options);
  await requireReplaceable(folder);
  let temporary: string | undefined;
  try {
    using begun = beginFolder(folder);
    temporary = begun.name;
    for (const part of ["bounding_box_train", "query", "bounding_box_test"]) {
      await Deno.mkdir(join(temporary, part), { recursive: true });
    }
    await drawAll(temporary, marker.options, images, settings);
    await Deno.writeTextFile(join(temporary, MARKER), JSON.stringify(marker, null, 2) + "\n");
    await moveIntoPlace(temporary, folder, settings.keepEqual === true);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      `Synthetic people cannot be written to ${folder}: ${messageOf(error)}. Choose a folder that can be ` +
        `written, on a disk with space for ${images.length} files of about 4 KB.`,
    );
  } finally {
    if (temporary !== undefined) await Deno.remove(temporary, { recursive: true }).catch(() => {}); // It was renamed.
  }
  return images.length;
}

/**
 * The folder of a set of synthetic people in a cache; the set is drawn where it is missing or of another version.
 *
 * @param cacheFolder The folder of all sets; created when missing.
 */
export async function ensureSyntheticPeople(
  cacheFolder: string,
  options: Partial<SyntheticOptions> = {},
  settings: WriteSettings = {},
): Promise<string> {
  const complete = completeOptions(options);
  const marker: Marker = { version: VERSION, options: complete };
  // Every version has separate folders, so that no version replaces a set that another one reads.
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(marker)));
  const folder = join(cacheFolder, `synthetic-people-${new Uint8Array(digest, 0, 4).toHex()}`);
  if (!isDeepStrictEqual(await readMarker(folder), marker)) {
    await writeSyntheticPeople(folder, complete, { ...settings, keepEqual: true });
  }
  return folder;
}

/** Whether a folder holds synthetic people that this program drew. */
export async function holdsSyntheticPeople(folder: string): Promise<boolean> {
  return await readMarker(folder) !== undefined;
}

/** @throws {DataError} When a folder holds other files than synthetic people: these are never replaced. */
async function requireReplaceable(folder: string): Promise<void> {
  let entries: string[];
  try {
    entries = (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new DataError(`Synthetic people cannot be written to ${folder}: ${messageOf(error)}.`);
  }
  if (entries.length === 0 || entries.includes(MARKER)) return;
  throw new DataError(
    `${folder} has other files (${
      firstFew(entries)
    }), which synthetic people would replace. Give a new or an empty ` +
      "folder.",
  );
}

async function drawAll(
  folder: string,
  options: SyntheticOptions,
  images: readonly PlannedImage[],
  { workers = Math.min(4, navigator.hardwareConcurrency), onProgress }: WriteSettings,
): Promise<void> {
  let next = 0, done = 0;
  const lanes = Array.from({ length: Math.max(1, workers) }, async () => {
    const worker = new Worker(new URL("./draw_worker.ts", import.meta.url), { type: "module" });
    try {
      worker.postMessage({ folder, options } satisfies DrawSetup);
      while (next < images.length) {
        const chunk = images.slice(next, next + CHUNK);
        next += chunk.length;
        const written = await request(worker, chunk);
        done += written; // Not `done += await …`, which would read the sum before it waits.
        onProgress?.(done, images.length);
      }
    } catch (error) {
      next = images.length; // The other lanes end after their present chunk.
      throw error;
    } finally {
      worker.terminate();
    }
  });
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function request(worker: Worker, chunk: DrawRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<DrawReply>) => {
      if ("written" in data) resolve(data.written);
      else reject(new Error(data.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(chunk);
  });
}
