/** Vectors that `embed` has written, read back shard by shard. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { DataError } from "../data/errors.ts";
import type { ImageEmbedding } from "./embed_images.ts";
import { extensionOf, formatOf, FORMATS } from "./formats.ts";
import { manifestPath, readManifest, type Shard, shardCount } from "./manifest.ts";

/** Vectors on disk. */
export interface VectorFiles {
  /** The network that they are of: see `modelIdentity`. Vectors of different networks must not be compared. */
  readonly model: string;
  /** Length of a vector. */
  readonly embeddingSize: number;
  /** Whether they are means over image and mirror image; queries should then be so too. */
  readonly flip: boolean;
  /** How many there are. */
  readonly count: number;
  /**
   * All of them in the order of the images, some hundreds to thousands at a time: no more than a shard is in memory.
   *
   * @throws {DataError} where a file is missing, or has not the bytes that were written.
   */
  batches(): AsyncGenerator<ImageEmbedding[], void, void>;
}

/**
 * Opens the vectors that `deno task embed --out PATH` has written.
 *
 * @param path as it was given to --out.
 * @throws {DataError} when there are none, or when they are not finished.
 */
export async function readVectors(path: string): Promise<VectorFiles> {
  if (extensionOf(path) === undefined) {
    throw new DataError(
      `${path} is no file of vectors: their names end in ${Object.keys(FORMATS).join(", ")}. Give the ` +
        "path that they were written to.",
      { remedies: [{ kind: "written-vectors" }] },
    );
  }
  const manifest = await readManifest(path);
  if (manifest === undefined) {
    throw new DataError(
      `There is no ${
        manifestPath(path)
      }, which says what the vectors in ${path} are of. Where vectors were moved, ` +
        "move their manifest with them; otherwise give the path that they were written to.",
      { remedies: [{ kind: "written-vectors" }] },
    );
  }
  const { of, shards } = manifest;
  if (shards.length < shardCount(of)) {
    throw new DataError(
      `The vectors in ${path} are not finished: ${shards.length} of ${
        shardCount(of)
      } shards are there. Embed the ` +
        "same images to the same path again, which makes the others.",
      { remedies: [{ kind: "same-again" }] },
    );
  }
  return {
    model: of.model,
    embeddingSize: of.embeddingSize,
    flip: of.flip,
    count: shards.reduce((sum, { vectors }) => sum + vectors, 0),
    async *batches() {
      for (const shard of shards) yield* readShard(path, shard);
    },
  };
}

async function* readShard(out: string, { files }: Shard): AsyncGenerator<ImageEmbedding[], void, void> {
  try {
    const contents: Uint8Array<ArrayBuffer>[] = [];
    for (const { name, sha256 } of files) {
      const bytes = await Deno.readFile(join(dirname(out), name));
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`${name} has changed`);
      contents.push(bytes);
    }
    yield* formatOf(out).decode(contents);
  } catch (error) {
    throw new DataError(
      `The vectors in ${out} cannot be read: ${
        (error as Error).message
      }. Give the command that wrote them again: ` +
        "it makes what is missing or damaged anew.",
    );
  }
}
