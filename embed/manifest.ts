/** The manifest: what vectors were made from and which of their shards are finished; by it a stopped run goes on. */
import { DataError } from "../data/errors.ts";
import { writeWhole } from "../train/write_whole.ts";

/** What manifests say they are. */
const FORMAT = "webgpu-reid vectors 1";

/** Everything that decides the vectors' bytes and how they lie in files. Another run must agree in all of it. */
export interface VectorsOf {
  /** SHA-256 of the network's settings and tensors, in hexadecimal digits: see `modelIdentity`. */
  readonly model: string;
  /** Length of a vector. */
  readonly embeddingSize: number;
  /** Whether vectors are means over the image and its mirror image. */
  readonly flip: boolean;
  /** Number of images, broken ones included. */
  readonly images: number;
  /** SHA-256 of the images' ids, file sizes and times of last change, in their order. */
  readonly fingerprint: string;
  /** Images to a shard. */
  readonly shardSize: number;
}

/** A file of a finished shard. */
export interface ShardFile {
  /** From the manifest's folder, with forward slashes. */
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** A shard whose files are on the disk, whole. */
export interface Shard {
  /** Counted from 0: it is made of the images from index · shardSize on. */
  readonly index: number;
  /** Number of vectors. */
  readonly vectors: number;
  /** First the vectors, then for .npy their ids. */
  readonly files: readonly ShardFile[];
  /** Images that could not be decoded: [id, reason]. */
  readonly failed: readonly (readonly [string, string])[];
}

/** The content of a manifest. */
export interface Manifest {
  readonly of: VectorsOf;
  /** In the order of their indices. */
  readonly shards: readonly Shard[];
}

/** Where the manifest of an output lies. */
export function manifestPath(out: string): string {
  return `${out}.manifest.json`;
}

/** The number of shards when all are finished. */
export function shardCount({ images, shardSize }: VectorsOf): number {
  return Math.ceil(images / shardSize);
}

/** Writes a manifest, whole or not at all. */
export async function writeManifest(out: string, { of, shards }: Manifest): Promise<void> {
  const vectors = shards.reduce((sum, shard) => sum + shard.vectors, 0);
  const failed = shards.reduce((sum, shard) => sum + shard.failed.length, 0);
  const finished = shards.length === shardCount(of);
  const text = JSON.stringify({ format: FORMAT, ...of, finished, vectors, failed, shards }, null, 1);
  await writeWhole(manifestPath(out), new TextEncoder().encode(`${text}\n`));
}

/**
 * Reads an output's manifest; undefined where there is none.
 *
 * @throws {DataError} when it is damaged or no manifest.
 */
export async function readManifest(out: string): Promise<Manifest | undefined> {
  const path = manifestPath(out);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new DataError(`${path} cannot be read: ${(error as Error).message}.`);
  }
  try {
    const { format, model, embeddingSize, flip, images, fingerprint, shardSize, shards } = JSON.parse(text);
    if (format !== FORMAT) throw new Error(`its format is ${format}, not ${FORMAT}`);
    const numbers = [embeddingSize, images, shardSize];
    if (!numbers.every(Number.isSafeInteger) || !Array.isArray(shards)) throw new Error("fields are missing");
    return { of: { model, embeddingSize, flip, images, fingerprint, shardSize }, shards };
  } catch (error) {
    throw new DataError(
      `${path} is damaged or of another version of this program: ${
        (error as Error).message
      }. Remove it and ` +
        `${out}, and embed again.`,
    );
  }
}
