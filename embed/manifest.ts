/** The manifest of vectors: their source and the finished shards, from which a stopped run continues. */
import { basename, dirname, extname, join } from "node:path";
import { DataError, messageOf } from "../data/errors.ts";
import { sha256 } from "../train/checksum.ts";
import { writeWhole } from "../train/write_whole.ts";

/** `format` in a manifest. */
const FORMAT = "webgpu-reid vectors 1";

/** Everything that decides the vectors' bytes and files. A run that continues must have the same. */
export interface VectorsOf {
  /** SHA-256 of the network's settings and tensors, in hexadecimal digits: see `modelIdentity`. */
  readonly model: string;
  /** Length of a vector. */
  readonly embeddingSize: number;
  /** Whether vectors are means over the image and its mirror image. */
  readonly flip: boolean;
  /** Version of the decoding that the images' pixels are of: see `PIXELS_VERSION`. */
  readonly pixels: number;
  /** Number of images, including those that cannot be decoded. */
  readonly images: number;
  /** SHA-256 of the images' ids, file sizes and times of last change, in their order. */
  readonly fingerprint: string;
  /** Images per shard. */
  readonly shardSize: number;
  /** How cameras and times were read from names; absent in vectors of earlier versions. */
  readonly names?: string;
  /** Of vectors of tracklets: the number of shards, each with whole tracklets. */
  readonly trackletShards?: number;
}

/** A file of a finished shard. */
export interface ShardFile {
  /** Path from the manifest's folder, with forward slashes; it begins with the name that the output had. */
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** A shard whose files are complete on disk. */
export interface Shard {
  /** From 0; the shard's images start at index · shardSize. */
  readonly index: number;
  /** Number of vectors. */
  readonly vectors: number;
  /** The vectors, then for .npy their ids. */
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

/** The path of an output's manifest. */
export function manifestPath(out: string): string {
  return `${out}.manifest.json`;
}

/** The total number of shards. */
export function shardCount({ images, shardSize, trackletShards }: VectorsOf): number {
  return trackletShards ?? Math.ceil(images / shardSize);
}

/** How many images of the shards have vectors, and how many could not be decoded. */
export function totals(shards: readonly Shard[]): { vectors: number; failed: number } {
  const sum = (of: (shard: Shard) => number) => shards.reduce((total, shard) => total + of(shard), 0);
  return { vectors: sum(({ vectors }) => vectors), failed: sum(({ failed }) => failed.length) };
}

/**
 * Reads the files of a shard. They are found by the name of `out`, which may have been renamed or copied together with
 * its manifest since: only what follows the output's name is taken from the manifest.
 *
 * @throws {Error} When one is missing or its bytes have changed.
 */
export async function readShardFiles(out: string, { files }: Shard): Promise<Uint8Array<ArrayBuffer>[]> {
  const written = files[0]?.name.split("/")[0] ?? "";
  const stem = written.length - extname(written).length;
  const contents: Uint8Array<ArrayBuffer>[] = [];
  for (const { name, sha256: expected } of files) {
    const path = join(dirname(out), basename(out, extname(out)) + name.slice(stem));
    const bytes = await Deno.readFile(path);
    if (await sha256(bytes) !== expected) throw new Error(`${path} has changed`);
    contents.push(bytes);
  }
  return contents;
}

/** Writes a manifest: completely, or not at all. */
export async function writeManifest(out: string, { of, shards }: Manifest): Promise<void> {
  const finished = shards.length === shardCount(of);
  const text = JSON.stringify({ format: FORMAT, ...of, finished, ...totals(shards), shards }, null, 1);
  await writeWhole(manifestPath(out), new TextEncoder().encode(`${text}\n`));
}

/**
 * Reads an output's manifest; undefined where there is none.
 *
 * @throws {DataError} When it is damaged or not a manifest.
 */
export async function readManifest(out: string): Promise<Manifest | undefined> {
  const path = manifestPath(out);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new DataError(`${path} cannot be read: ${messageOf(error)}.`);
  }
  try {
    const { format, shards, ...of } = JSON.parse(text);
    if (format !== FORMAT) throw new Error(`its format is ${format}, not ${FORMAT}`);
    return parseManifest(of, shards);
  } catch (error) {
    throw new DataError(
      `${path} is damaged or of another version of this program: ${
        messageOf(error)
      }. Remove it and ${out}, and embed ` +
        "again.",
    );
  }
}

function parseManifest(of: Record<keyof VectorsOf, unknown>, shards: unknown): Manifest {
  const { model, embeddingSize, flip, pixels = 1, images, fingerprint, shardSize, names, trackletShards } =
    of;
  if (
    !isText(model) || !isText(fingerprint) || typeof flip !== "boolean" || !Array.isArray(shards) ||
    (names !== undefined && !isText(names))
  ) {
    throw new Error("fields are missing");
  }
  if (!isCount(embeddingSize, 1) || !isCount(pixels, 1) || !isCount(images) || !isCount(shardSize, 1)) {
    throw new Error("its sizes are not integers");
  }
  if (trackletShards !== undefined && !isCount(trackletShards)) {
    throw new Error("trackletShards is no integer");
  }
  const vectors = {
    model,
    embeddingSize,
    flip,
    pixels,
    images,
    fingerprint,
    shardSize,
    ...(names !== undefined && { names }),
    ...(trackletShards !== undefined && { trackletShards }),
  };
  for (const [i, shard] of shards.entries()) {
    if (!isShard(shard, vectors)) throw new Error(`its shard ${i} is invalid`);
    if (i > 0 && shard.index <= shards[i - 1].index) throw new Error(`its shard ${i} is out of order`);
  }
  return { of: vectors, shards };
}

function isShard(shard: Shard | null, of: VectorsOf): shard is Shard {
  return isCount(shard?.index) && shard.index < shardCount(of) && isCount(shard.vectors) &&
    shard.vectors <= (of.trackletShards === undefined ? of.shardSize : of.images) &&
    Array.isArray(shard.files) && shard.files.length > 0 &&
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
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

/** Whether a name stays in the manifest's folder. */
function isBeside(name: unknown): boolean {
  return isText(name) && !/[\\\0]/.test(name) &&
    name.split("/").every((part) => !["", ".", ".."].includes(part));
}
