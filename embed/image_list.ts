/** The list of images of a run, kept on disk so that it does not change during the run. */
import { createHash } from "node:crypto";
import { DataError, messageOf } from "../data/errors.ts";
import { type NamedBy, NamingVotes } from "../data/layouts/image_name.ts";
import type { ImageFile } from "./image_files.ts";
import { inOrder } from "./in_order.ts";

/** Files whose size and time are read at once. */
const ASKED_AHEAD = 64;
/** Bytes that are collected before they are written. */
const WRITE_BYTES = 65_536;

/**
 * Images on disk, one JSON line each: a list of any length takes no memory, and later changes in the folder do not affect
 * it. The file also locks an output for one process, and is removed when it is closed.
 */
export class ImageList implements Disposable {
  private constructor(
    readonly path: string,
    readonly file: Deno.FsFile,
    /** Number of images. */
    readonly count: number,
    /** SHA-256, in hexadecimal digits, of each image's id, size in bytes and time of last change. */
    readonly fingerprint: string,
    /** The naming that the images agree on. */
    readonly agreed: NamedBy,
  ) {}

  /**
   * Writes the list.
   *
   * @param path The file, until the list is disposed of.
   * @param onProgress Called with the number of images so far.
   * @throws {DataError} When another process holds it, or it cannot be written.
   */
  static async write(
    path: string,
    images: AsyncIterable<ImageFile>,
    onProgress: (images: number) => void = () => {},
  ): Promise<ImageList> {
    const file = await openLocked(path);
    try {
      const hash = createHash("sha256");
      const votes = new NamingVotes();
      let count = 0;
      let text = "";
      const flush = async () => {
        const bytes = new TextEncoder().encode(text);
        for (let from = 0; from < bytes.length;) from += await file.write(bytes.subarray(from));
        text = "";
      };
      for await (const { image, state } of inOrder(images, ASKED_AHEAD, describe)) {
        hash.update(JSON.stringify([image.id, ...state]) + "\n");
        text += JSON.stringify([image.id, image.path]) + "\n";
        if (text.length > WRITE_BYTES) await flush();
        votes.add(image.path);
        onProgress(++count);
      }
      await flush();
      return new ImageList(path, file, count, hash.digest("hex"), votes.decide());
    } catch (error) {
      file.close();
      await Deno.remove(path).catch(() => {});
      if (error instanceof DataError) throw error;
      throw new DataError(
        `The list of images cannot be kept in ${path} while they are embedded (${messageOf(error)}). ` +
          "Finished shards stay as they are. Free space on the disk, or write to another disk.",
        { remedies: [{ kind: "other-output" }] },
      );
    }
  }

  /** The images whose indices `wanted` accepts, in order. */
  async *images(wanted: (index: number) => boolean = () => true): AsyncGenerator<ImageFile> {
    using file = await Deno.open(this.path);
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(WRITE_BYTES);
    let rest = "";
    let index = 0;
    for (let read = await file.read(bytes); read !== null; read = await file.read(bytes)) {
      const lines = (rest + decoder.decode(bytes.subarray(0, read), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!wanted(index++)) continue;
        const [id, path] = JSON.parse(line);
        yield { id, path };
      }
    }
  }

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path);
    } catch {
      // Already removed.
    }
    this.file.close();
  }
}

async function openLocked(path: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { create: true, read: true, write: true });
  } catch (error) {
    throw new DataError(
      `${path} cannot be written: ${messageOf(error)}. Choose another output.`,
      { remedies: [{ kind: "other-output" }] },
    );
  }
  if (!file.tryLockSync(true)) {
    file.close();
    throw new DataError(
      `Another process holds ${path}: it is embedding into the same output. Wait until it has ended, or choose ` +
        "another output.",
      { remedies: [{ kind: "other-output" }] },
    );
  }
  await file.truncate(); // What a killed process left.
  return file;
}

async function describe(image: ImageFile): Promise<{ image: ImageFile; state: readonly unknown[] }> {
  try {
    const { size, mtime } = await Deno.stat(image.path);
    return { image, state: [size, mtime?.getTime() ?? null] };
  } catch (error) {
    return { image, state: [error instanceof Error ? error.name : ""] }; // Decoding it will give the reason.
  }
}
