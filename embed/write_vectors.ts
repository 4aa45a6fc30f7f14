/**
 * The vectors of many images on disk. They are written in shards of a fixed number of images. A shard is written whole
 * and flushed to the disk, then the manifest says that it is there: whatever happens, finished shards stay, and the
 * same call later does the others. Since an image's vector depends on nothing but image and network, and a shard on
 * nothing but its images, the files have the bytes of a run that was never stopped.
 *
 * Where the images make one shard, it is the file `out`. Where they make more, `out` is a folder of part-00000,
 * part-00001, ... Beside `out` lies its manifest, `out`.manifest.json.
 */
import { createHash } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { DataError } from "../data/errors.ts";
import type { Embedder } from "../model/embedder.ts";
import { removeUnfinished, writeWhole } from "../train/write_whole.ts";
import { type EmbeddedImage, embedImages, type ImageEmbedding } from "./embed_images.ts";
import { formatOf } from "./formats.ts";
import type { ImageList } from "./image_list.ts";
import {
  manifestPath,
  readManifest,
  type Shard,
  shardCount,
  type ShardFile,
  type VectorsOf,
  writeManifest,
} from "./manifest.ts";

/** How to write vectors. */
export interface WriteVectorsOptions {
  /** The network's name: see `modelIdentity`. */
  readonly model: string;
  /** A file's name that ends in .parquet, .npy or .jsonl. */
  readonly out: string;
  /** Threads that decode. */
  readonly workers: number;
  /** Whether vectors are means over the image and its mirror image. */
  readonly flip: boolean;
  /** Images to a shard: more of them take more memory, and are lost together when the process is killed. */
  readonly shardSize: number;
  /** Asked after every image: whether to stop. The shard that is not finished then is left. */
  readonly stopRequested?: () => boolean;
  /** Called once, with the images whose shards were finished before. */
  readonly onStart?: (done: number) => void;
  /** Called with every image that becomes a vector or fails to. */
  readonly onImage?: (image: EmbeddedImage) => void;
}

/** How it ended. */
export interface WrittenVectors {
  /** Whether all shards are finished. */
  readonly finished: boolean;
  /** Number of finished shards, and of all. */
  readonly shards: { readonly finished: number; readonly all: number };
  /** Vectors in finished shards. */
  readonly vectors: number;
  /** Images in finished shards that could not be decoded. */
  readonly failed: number;
  /** Images that were embedded by this call. */
  readonly embedded: number;
}

/**
 * Embeds the images of a list into files, and goes on where an earlier call with the same arguments was stopped.
 *
 * Memory holds one shard of vectors and its encoded bytes, and what {@link embedImages} holds.
 *
 * @throws {DataError} when `out` holds vectors of another network, of other images or of other settings, when the
 *   disk is full, or when not one of the images can be decoded.
 */
export async function writeVectors(
  embedder: Embedder,
  list: ImageList,
  options: WriteVectorsOptions,
): Promise<WrittenVectors> {
  const { out, workers, flip, shardSize, stopRequested = () => false } = options;
  const of: VectorsOf = {
    model: options.model,
    embeddingSize: embedder.model.embeddingSize,
    flip,
    images: list.count,
    fingerprint: list.fingerprint,
    shardSize,
  };
  const shards = await finishedShards(out, of);
  const all = shardCount(of);
  const before = new Set(shards.map(({ index }) => index));
  const pending = Array.from({ length: all }, (_, index) => index).filter((index) => !before.has(index));
  const sizeOf = (index: number) => Math.min(shardSize, list.count - index * shardSize);
  options.onStart?.([...before].reduce((sum, index) => sum + sizeOf(index), 0));

  const save = () => writeOrExplain(out, () => writeManifest(out, { of, shards }));
  await save(); // Before the first vector: an output that cannot be written is found out now.
  const images = list.images((index) => !before.has(Math.floor(index / shardSize)));
  let rows: ImageEmbedding[] = [], failed: [string, string][] = [];
  let embedded = 0;
  for await (const image of embedImages(embedder, images, { workers, flip })) {
    if (stopRequested()) break;
    options.onImage?.(image);
    if ("failed" in image) {
      failed.push([image.id, image.failed]);
    } else {
      requireFinite(image);
      rows.push(image);
      embedded++;
    }
    if (rows.length + failed.length < sizeOf(pending[0])) continue;
    const index = pending.shift()!;
    const files = await writeOrExplain(out, () => writeShard(shardPath(out, index, all), out, rows, of));
    shards.push({ index, vectors: rows.length, files, failed });
    shards.sort((a, b) => a.index - b.index);
    await save();
    [rows, failed] = [[], []];
  }
  const vectors = shards.reduce((sum, shard) => sum + shard.vectors, 0);
  const finished = shards.length === all;
  if (finished && vectors === 0) {
    throw new DataError(
      `Not one of the ${list.count} images could be decoded, such as ${shards[0].failed[0].join(": ")}. ` +
        "Give JPEG or PNG files.",
    );
  }
  return {
    finished,
    shards: { finished: shards.length, all },
    vectors,
    failed: shards.reduce((sum, shard) => sum + shard.failed.length, 0),
    embedded,
  };
}

/** The shards that are there, as a manifest says, with the bytes that it says. */
async function finishedShards(out: string, of: VectorsOf): Promise<Shard[]> {
  const manifest = await readManifest(out);
  if (manifest === undefined) {
    await requireNothing(out);
    return [];
  }
  requireSame(out, manifest.of, of);
  removeUnfinished(out);
  const whole: Shard[] = [];
  for (const shard of manifest.shards) {
    const files = await Promise.all(shard.files.map((file) => isWhole(join(dirname(out), file.name), file)));
    if (files.every(Boolean)) whole.push(shard); // Others are made again.
  }
  return whole;
}

async function requireNothing(out: string): Promise<void> {
  try {
    await Deno.lstat(out);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new DataError(`${out} cannot be used (${(error as Error).message}). Choose another output.`, {
      remedies: [{ kind: "other-output" }],
    });
  }
  throw new DataError(
    `${out} exists, and no ${
      manifestPath(out)
    } says that it holds vectors to go on with. Remove it, or choose ` +
      "another output.",
    { remedies: [{ kind: "other-output" }] },
  );
}

function requireSame(out: string, found: VectorsOf, wanted: VectorsOf): void {
  const differences = [
    found.model !== wanted.model ? "another network" : "",
    found.images !== wanted.images || found.fingerprint !== wanted.fingerprint
      ? `other images, or of images that have changed since (${found.images} then, ${wanted.images} now)`
      : "",
    found.flip !== wanted.flip ? `images ${found.flip ? "and" : "without"} their mirror images` : "",
    found.shardSize !== wanted.shardSize ? `${found.shardSize} images a shard` : "",
  ].filter((text) => text !== "");
  if (differences.length === 0) return;
  const settings = {
    ...(found.flip !== wanted.flip && { testFlip: found.flip }),
    ...(found.shardSize !== wanted.shardSize && { shardSize: found.shardSize }),
  };
  throw new DataError(
    `${out} holds vectors of ${
      differences.join(", and of ")
    }. Go on with what they were made with, choose another ` +
      `output, or remove ${out} and ${manifestPath(out)} to embed anew.`,
    { remedies: [{ kind: "set", settings }, { kind: "other-output" }] },
  );
}

async function isWhole(path: string, { bytes, sha256 }: ShardFile): Promise<boolean> {
  try {
    const found = await Deno.readFile(path);
    return found.length === bytes && sha256Of(found) === sha256;
  } catch {
    return false;
  }
}

function shardPath(out: string, index: number, all: number): string {
  return all === 1 ? out : join(out, `part-${String(index).padStart(5, "0")}${extname(out)}`);
}

async function writeShard(
  path: string,
  out: string,
  rows: readonly ImageEmbedding[],
  of: VectorsOf,
): Promise<ShardFile[]> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const files: ShardFile[] = [];
  for (const { path: file, bytes } of formatOf(out).encode(path, rows, of)) {
    await writeWhole(file, bytes);
    const name = path === out ? basename(file) : `${basename(out)}/${basename(file)}`;
    files.push({ name, bytes: bytes.length, sha256: sha256Of(bytes) });
  }
  return files;
}

async function writeOrExplain<T>(out: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new DataError(
      `The vectors could not be written to ${out} (${
        (error as Error).message
      }). Finished shards stay: free space on ` +
        "the disk, or fix what the reason says, then embed the same images to the same path again.",
      { remedies: [{ kind: "same-again" }] },
    );
  }
}

function requireFinite({ id, embedding }: ImageEmbedding): void {
  if (embedding.every(Number.isFinite)) return;
  throw new DataError(
    `The network gives ${id} a vector with values that are no numbers: its weights are broken. Use another checkpoint.`,
  );
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
