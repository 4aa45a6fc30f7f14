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
    /** Where each tracklet begins, ascending; absent where images stand for themselves. */
    private readonly starts: readonly number[] | undefined,
  ) {}

  /**
   * Writes the list.
   *
   * @param path The file, until the list is disposed of.
   * @param onProgress Called with the number of images so far.
   * @param grouped Whether the images of a tracklet, which follow one another, stay together in a shard.
   * @throws {DataError} When another process holds it, or it cannot be written.
   */
  static async write(
    path: string,
    images: AsyncIterable<ImageFile>,
    onProgress: (images: number) => void = () => {},
    grouped = false,
  ): Promise<ImageList> {
    const file = await openLocked(path);
    try {
      const hash = createHash("sha256");
      const votes = new NamingVotes();
      const starts: number[] = [];
      let open: string | undefined;
      let count = 0;
      let text = "";
      const flush = async () => {
        const bytes = new TextEncoder().encode(text);
        for (let from = 0; from < bytes.length;) from += await file.write(bytes.subarray(from));
        text = "";
      };
      for await (const { image, state } of inOrder(images, ASKED_AHEAD, describe)) {
        const { id, path, known } = image;
        hash.update(JSON.stringify(known === undefined ? [id, ...state] : [id, ...state, known]) + "\n");
        text += JSON.stringify([id, path, known]) + "\n";
        if (grouped && (known?.tracklet === undefined || known.tracklet !== open)) starts.push(count);
        open = known?.tracklet;
        if (text.length > WRITE_BYTES) await flush();
        votes.add(path);
        onProgress(++count);
      }
      await flush();
      return new ImageList(
        path,
        file,
        count,
        hash.digest("hex"),
        votes.decide(),
        grouped ? starts : undefined,
      );
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

  /** Where each shard begins: every `size` images, or with the next tracklet after these. */
  shardStarts(size: number): number[] {
    if (this.starts === undefined) {
      return Array.from({ length: Math.ceil(this.count / size) }, (_, shard) => shard * size);
    }
    const shards: number[] = [];
    for (const start of this.starts) {
      const last = shards.at(-1);
      if (last === undefined || start >= last + size) shards.push(start);
    }
    return shards;
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
        const [id, path, known] = JSON.parse(line);
        yield known === null ? { id, path } : { id, path, known };
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
