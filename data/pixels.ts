import { decodeAll, type DecodeOptions } from "./images/decode_pool.ts";
import { DataError, firstFew, messageOf } from "./errors.ts";
import { itemAt } from "../engine/item_at.ts";
import { fingerprint, openPixelCache, PixelCacheWriter, readAt } from "./pixel_cache.ts";

/** Options of `PixelStore.open`. */
export interface PixelStoreOptions extends DecodeOptions {
  /** File that keeps the decoded pixels from one run to the next; without it they are decoded every time. */
  cacheFile?: string;
  /** Where the cache file cannot be written, up to this many bytes are kept in memory instead. Default 1 GiB. */
  memoryLimit?: number;
  /** Called with the number of images decoded so far and in all; not called when the cache is used. */
  onProgress?: (done: number, total: number) => void;
}

/** An image that could not be decoded. */
export interface FailedImage {
  /** The file. */
  path: string;
  /** Why, to show beside the path. */
  reason: string;
}

/**
 * The decoded pixels of a list of images, all of one size, from which batches are copied.
 *
 * `open` decodes everything before it returns: the usable images decide the identities and the batches of a run, which
 * must not depend on when an image is found to be damaged, nor on whether an earlier run found it. This happens once
 * for a dataset; later runs read batches from the cache file by offset, which the system's file cache makes about as
 * fast as a copy from memory.
 */
export class PixelStore {
  /** Pixels down of every image. */
  readonly height: number;
  /** Pixels across of every image. */
  readonly width: number;
  /** Bytes of an image in a batch: height·width·3, rounded up to a multiple of 4 (kernels read 32-bit words). */
  readonly stride: number;
  /** For each image, whether it could be decoded. */
  readonly usable: boolean[];
  /** The number of different files: of own people, a query is in the gallery, too. */
  readonly files: number;
  /** The files that could not be decoded. */
  readonly failed: FailedImage[];
  /** Sentences for the user, e.g. that the cache could not be written. */
  readonly notes: string[];
  readonly #pixels: Uint8Array | Deno.FsFile;
  readonly #paths: readonly string[];

  private constructor(
    paths: readonly string[],
    { height, width }: Pick<PixelStoreOptions, "height" | "width">,
    pixels: Uint8Array | Deno.FsFile,
    failures: readonly [number, string][],
    notes: string[] = [],
  ) {
    this.height = height;
    this.width = width;
    this.stride = strideOf(height, width);
    this.usable = new Array(paths.length).fill(true);
    for (const [index] of failures) this.usable[index] = false;
    this.files = new Set(paths).size;
    this.failed = byFile(paths, failures);
    this.notes = notes;
    this.#pixels = pixels;
    this.#paths = paths;
  }

  /**
   * Decodes the images, or takes them from the cache file when it was made from the same files.
   *
   * @throws {DataError} When over 1 % of the images cannot be decoded, or none can, or when pixels that do not
   * fit in memory cannot be cached.
   */
  static async open(images: readonly { path: string }[], options: PixelStoreOptions): Promise<PixelStore> {
    const { height, width, cacheFile, memoryLimit = 2 ** 30 } = options;
    const paths = images.map((image) => image.path);
    const stride = strideOf(height, width);
    const bytes = paths.length * stride;
    const decodeToMemory = async (notes: string[] = []) => {
      const memory = new Uint8Array(bytes);
      const failed = await decodeInto(paths, options, (i, pixels) => memory.set(pixels, i * stride));
      return new PixelStore(paths, options, memory, failed, notes);
    };

    if (cacheFile === undefined) return await decodeToMemory();
    const identity = { fingerprint: await fingerprint(paths, height, width), count: paths.length, stride };
    const cache = openPixelCache(cacheFile, identity);
    if (cache !== undefined) return new PixelStore(paths, options, cache.file, cache.trailer.failed);
    try {
      const writer = new PixelCacheWriter(cacheFile);
      try {
        const failed = await decodeInto(paths, options, (i, pixels) => writer.writeAt(i * stride, pixels));
        return new PixelStore(paths, options, writer.finish({ ...identity, failed }), failed);
      } finally {
        writer.discardUnfinished();
      }
    } catch (error) {
      if (error instanceof DataError) throw error;
      const reason = `The decoded pixels cannot be kept in ${cacheFile}: ${messageOf(error)}.`;
      if (bytes <= memoryLimit) {
        return await decodeToMemory([`${reason} They will be decoded again by the next run.`]);
      }
      throw new DataError(
        `${reason} They take ${
          Math.ceil(bytes / 2 ** 20)
        } MiB, too much to keep in memory instead. Free space there, ` +
          "or choose a cache folder on another disk.",
      );
    }
  }

  /** The number of images, usable or not. */
  get count(): number {
    return this.usable.length;
  }

  /**
   * Copies images one after the other.
   *
   * @param indices Which images, [n].
   * @param out Receives n · stride bytes: each image as [height, width, 3], row by row, red first, then padding.
   * @throws {RangeError} When an index is out of range or its image unusable, or `out` is too small.
   * @throws {DataError} When the cache file can no longer be read.
   */
  batch(indices: ArrayLike<number>, out: Uint8Array): void | Promise<void> {
    const { stride } = this;
    if (out.length < indices.length * stride) {
      throw new RangeError(
        `A batch of ${indices.length} images needs ${indices.length * stride} bytes: got ${out.length}`,
      );
    }
    for (const [i, index] of Array.from(indices).entries()) {
      if (this.usable[index] !== true) {
        throw new RangeError(`Image ${index} of ${this.count} does not exist or is not usable`);
      }
      if (this.#pixels instanceof Uint8Array) {
        out.set(this.#pixels.subarray(index * stride, (index + 1) * stride), i * stride);
      } else {
        this.#read(this.#pixels, index, out.subarray(i * stride, (i + 1) * stride));
      }
    }
  }

  #read(file: Deno.FsFile, index: number, out: Uint8Array): void {
    try {
      readAt(file, index * this.stride, out);
    } catch (error) {
      throw new DataError(
        `The decoded pixels can no longer be read from the cache: ${
          messageOf(error)
        }. The next run decodes the ` +
          "images again; a run that has saved a checkpoint can be resumed.",
        { remedies: [{ kind: "resume" }] },
      );
    }
  }

  /** The same pixels, with some images not usable. @param images Their indices. */
  without(images: Iterable<number>): PixelStore {
    const store = new PixelStore(this.#paths, this, this.#pixels, []);
    store.failed.push(...this.failed);
    for (const [index, usable] of this.usable.entries()) store.usable[index] = usable;
    for (const index of images) store.usable[index] = false;
    return store;
  }

  /** Closes the cache file where the pixels are read from it. */
  close(): void {
    if (!(this.#pixels instanceof Uint8Array)) this.#pixels.close();
  }
}

function strideOf(height: number, width: number): number {
  for (const size of [height, width]) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Height and width must be positive integers: got ${height} × ${width}`);
    }
  }
  return Math.ceil(height * width * 3 / 4) * 4;
}

/** Decodes all, hands the pixels of each image over, and returns the failures in the order of the list. */
async function decodeInto(
  paths: readonly string[],
  options: PixelStoreOptions,
  onPixels: (index: number, pixels: Uint8Array) => void,
): Promise<[number, string][]> {
  const failures: [number, string][] = [];
  let done = 0;
  await decodeAll(paths, options, (reply) => {
    if ("pixels" in reply) onPixels(reply.index, reply.pixels);
    else failures.push([reply.index, reply.reason]);
    options.onProgress?.(++done, paths.length);
  });
  failures.sort(([a], [b]) => a - b);
  refuseTooManyFailures(paths, failures);
  return failures;
}

/** The files that failed, each once. */
function byFile(paths: readonly string[], failures: readonly (readonly [number, string])[]): FailedImage[] {
  const reasons = new Map(failures.map(([index, reason]) => [itemAt(paths, index), reason]));
  return Array.from(reasons, ([path, reason]) => ({ path, reason }));
}

function refuseTooManyFailures(paths: readonly string[], failures: readonly [number, string][]): void {
  const failed = byFile(paths, failures);
  const files = new Set(paths).size;
  if (failed.length <= 0.01 * files) return;
  const shown = firstFew(failed.map(({ path, reason }) => `${path} (${reason})`), "; ");
  throw new DataError(
    `${failed.length} of ${files} images cannot be decoded, more than the 1 % that may be skipped: ${shown}. ` +
      "Restore these files from the original dataset, or remove them.",
  );
}
