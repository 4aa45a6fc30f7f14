/** Reading the vectors that `writeVectors` wrote, shard by shard. */
import { DataError, messageOf } from "../data/errors.ts";
import { readImageName } from "../data/layouts/image_name.ts";
import type { ImageEmbedding } from "./embed_images.ts";
import { extensionOf, formatOf, FORMATS } from "./formats.ts";
import { manifestPath, readManifest, readShardFiles, type Shard, shardCount, totals } from "./manifest.ts";

/** Vectors on disk. */
export interface VectorFiles {
  /** The identity of their network: see `modelIdentity`. Vectors of different networks must not be compared. */
  readonly model: string;
  /** Length of a vector. */
  readonly embeddingSize: number;
  /** Whether they are means over image and mirror image; queries should be the same. */
  readonly flip: boolean;
  /** Number of vectors. */
  readonly count: number;
  /**
   * All vectors in the order of the images, some hundreds to thousands at a time. At most one shard is in memory.
   *
   * @throws {DataError} When a file is missing or its bytes have changed.
   */
  batches(): AsyncGenerator<ImageEmbedding[], void, void>;
}

/**
 * Opens vectors.
 *
 * @param path The `out` of `writeVectors`.
 * @throws {DataError} When there are none, or they are not finished.
 */
export async function readVectors(path: string): Promise<VectorFiles> {
  if (extensionOf(path) === undefined) {
    throw new DataError(
      `${path} is not a file of vectors: their names end in ${Object.keys(FORMATS).join(", ")}. Give the ` +
        "path that the vectors were written to.",
      { remedies: [{ kind: "written-vectors" }] },
    );
  }
  const manifest = await readManifest(path);
  if (manifest === undefined) {
    throw new DataError(
      `${path} has no ${
        manifestPath(path)
      }, which says by which network its vectors are. Only vectors that this ` +
        "program wrote have one. If they were moved, move their manifest too; otherwise give the path that they " +
        "were written to.",
      { remedies: [{ kind: "written-vectors" }] },
    );
  }
  const { of, shards } = manifest;
  if (shards.length < shardCount(of)) {
    throw new DataError(
      `The vectors in ${path} are not finished: ${shards.length} of ${
        shardCount(of)
      } shards exist. Embed the ` +
        "same images to the same path again, which adds the others.",
      { remedies: [{ kind: "same-again" }] },
    );
  }
  return {
    model: of.model,
    embeddingSize: of.embeddingSize,
    flip: of.flip,
    count: totals(shards).vectors,
    async *batches() {
      for (const shard of shards) {
        for await (const images of readShard(path, shard)) {
          yield of.names === undefined ? images.map(named) : images;
        }
      }
    },
  };
}

/** Reads the name of an image that an earlier version has embedded: it kept cameras that are numbers alone. */
function named(image: ImageEmbedding): ImageEmbedding {
  const { camera: _, ...rest } = image;
  const { camera } = readImageName(image.id, "likely prefix");
  return { ...rest, ...(camera !== undefined && { camera }) };
}

async function* readShard(out: string, shard: Shard): AsyncGenerator<ImageEmbedding[], void, void> {
  try {
    const [vectors, ids] = await readShardFiles(out, shard);
    if (vectors === undefined) throw new Error("a shard has no files");
    yield* formatOf(out).decode(vectors, ids);
  } catch (error) {
    throw new DataError(
      `The vectors in ${out} cannot be read: ${
        messageOf(error)
      }. Embed the same images to the same path again, which ` +
        "rebuilds what is missing or damaged.",
      { remedies: [{ kind: "same-again" }] },
    );
  }
}
