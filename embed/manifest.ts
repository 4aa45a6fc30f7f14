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
    const { format, shards, ...of } = JSON.parse(text);
    if (format !== FORMAT) throw new Error(`its format is ${format}, not ${FORMAT}`);
    return parseManifest(of, shards);
  } catch (error) {
    throw new DataError(
      `${path} is damaged or of another version of this program: ${
        (error as Error).message
      }. Remove it and ` +
        `${out}, and embed again.`,
    );
  }
}

function parseManifest(of: Record<keyof VectorsOf, unknown>, shards: unknown): Manifest {
  const { model, embeddingSize, flip, images, fingerprint, shardSize } = of;
  if (!isText(model) || !isText(fingerprint) || typeof flip !== "boolean" || !Array.isArray(shards)) {
    throw new Error("fields are missing");
  }
  if (!isCount(embeddingSize, 1) || !isCount(images) || !isCount(shardSize, 1)) {
    throw new Error("its sizes are no whole numbers");
  }
  const vectors = { model, embeddingSize, flip, images, fingerprint, shardSize };
  for (const [i, shard] of shards.entries()) {
    if (!isShard(shard, vectors)) throw new Error(`its shard ${i} is none`);
    if (i > 0 && shard.index <= shards[i - 1].index) throw new Error(`its shard ${i} is out of order`);
  }
  return { of: vectors, shards };
}

function isShard(shard: Shard | null, of: VectorsOf): shard is Shard {
  return isCount(shard?.index) && shard.index < shardCount(of) && isCount(shard.vectors) &&
    shard.vectors <= of.shardSize && Array.isArray(shard.files) && shard.files.length > 0 &&
    shard.files.every((file) =>
      isBeside(file?.name) && isCount(file.bytes) && /^[0-9a-f]{64}$/.test(file.sha256)
    ) &&
    Array.isArray(shard.failed) &&
    shard.failed.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown, least = 0): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** Whether a name leads nowhere but to the manifest's folder and those in it. */
function isBeside(name: unknown): boolean {
  return isText(name) && !/[\\\0]/.test(name) &&
    name.split("/").every((part) => !["", ".", ".."].includes(part));
}
