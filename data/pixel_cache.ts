import { beginFile } from "./unfinished.ts";

/**
 * The decoded pixels of a dataset in one flat file: image i at byte i · stride, then a trailer of JSON, then the
 * trailer's length (u32 little-endian) and a magic word. A file is written under a temporary name, flushed and renamed:
 * only a complete one has the final name, and two runs may build the same cache at once.
 */
export interface PixelCacheTrailer {
  /** Identifies the source of the pixels; see `fingerprint()`. */
  fingerprint: string;
  /** Number of images. */
  count: number;
  /** Bytes from one image to the next. */
  stride: number;
  /** [index, reason] of each image that could not be decoded; its pixels are zero. */
  failed: [number, string][];
}

const MAGIC = new TextEncoder().encode("REIDPIX1");

/**
 * Increased by one whenever decoding or resizing gives different pixels than before. Pixels that are kept, and vectors that
 * are continued, are of this version.
 */
export const PIXELS_VERSION = 2;

/**
 * Identifies decoded pixels by everything that they depend on: the list of files in its order, the size and times of
 * last change of each file, and the size of the resized images. A missing file counts too.
 *
 * @returns SHA-256 in hexadecimal digits.
 */
export async function fingerprint(paths: readonly string[], height: number, width: number): Promise<string> {
  const lines: string[] = [JSON.stringify([PIXELS_VERSION, height, width])];
  const together = 128;
  for (let start = 0; start < paths.length; start += together) {
    lines.push(...await Promise.all(paths.slice(start, start + together).map(describeFile)));
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines.join("\n")));
  return new Uint8Array(digest).toHex();
}

async function describeFile(path: string): Promise<string> {
  try {
    const { size, mtime, ctime } = await Deno.stat(path);
    return JSON.stringify([path, size, mtime?.getTime() ?? null, ctime?.getTime() ?? null]);
  } catch (error) {
    return JSON.stringify([path, error instanceof Error ? error.name : String(error)]);
  }
}

/** Opens the cache where it is complete and made from the same input; otherwise returns undefined. */
export function openPixelCache(
  path: string,
  expected: Omit<PixelCacheTrailer, "failed">,
): { file: Deno.FsFile; trailer: PixelCacheTrailer } | undefined {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch {
    return undefined;
  }
  try {
    const trailer = readTrailer(file, expected.count * expected.stride);
    const same = trailer.fingerprint === expected.fingerprint && trailer.count === expected.count &&
      trailer.stride === expected.stride;
    if (same) return { file, trailer };
  } catch {
    // Truncated or another file: the cache will be rebuilt.
  }
  file.close();
  return undefined;
}

function readTrailer(file: Deno.FsFile, pixelBytes: number): PixelCacheTrailer {
  const { size } = file.statSync();
  const end = new Uint8Array(4 + MAGIC.length);
  readAt(file, size - end.length, end);
  const length = new DataView(end.buffer).getUint32(0, true);
  if (!MAGIC.every((byte, i) => end[4 + i] === byte) || size !== pixelBytes + length + end.length) {
    throw new Error("not a complete pixel cache");
  }
  const json = new Uint8Array(length);
  readAt(file, pixelBytes, json);
  return JSON.parse(new TextDecoder().decode(json));
}

/**
 * Fills `out` from the given offset in bytes.
 *
 * @throws {Error} When the file ends before.
 */
export function readAt(file: Deno.FsFile, offset: number, out: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < out.length;) {
    const read = file.readSync(out.subarray(done));
    if (read === null) throw new Error(`the file ends ${out.length - done} bytes early`);
    done += read;
  }
}

/** Writes a cache under a temporary name; `finish` renames it, `discardUnfinished` removes it. */
export class PixelCacheWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  #finished = false;

  /** Creates the folder and the temporary file, and removes temporary files of killed processes. */
  constructor(path: string) {
    this.#path = path;
    ({ name: this.#temporary, file: this.#file } = beginFile(path));
  }

  /** Writes bytes at an offset. */
  writeAt(offset: number, bytes: Uint8Array): void {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
  }

  /** Appends the trailer, flushes, renames, and returns the open file. */
  finish(trailer: PixelCacheTrailer): Deno.FsFile {
    const json = new TextEncoder().encode(JSON.stringify(trailer));
    const pixelBytes = trailer.count * trailer.stride;
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, json.length, true);
    this.writeAt(pixelBytes, json);
    this.writeAt(pixelBytes + json.length, length);
    this.writeAt(pixelBytes + json.length + length.length, MAGIC);
    this.#file.syncSync();
    Deno.renameSync(this.#temporary, this.#path);
    this.#file.unlockSync();
    this.#finished = true;
    return this.#file;
  }

  /** Closes and removes the temporary file; does nothing after `finish`. */
  discardUnfinished(): void {
    if (this.#finished) return;
    this.#file.close();
    try {
      Deno.removeSync(this.#temporary);
    } catch {
      // It cannot be removed, but a file of this name is never opened.
    }
  }
}
