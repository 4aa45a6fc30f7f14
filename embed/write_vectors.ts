/**
 * Writes the vectors of many images to disk, in shards of a fixed number of images. A complete shard is flushed to the
 * disk, then added to the manifest: finished shards stay in any case, and the same call later adds the others. An image's
 * vector depends only on the image and the network, and a shard only on its images, so the files have the same bytes as
 * those of an uninterrupted run.
 *
 * A single shard is the file `out`; several are files part-00000, part-00001, ... in the folder `out`. The manifest is
 * `out`.manifest.json.
 */
import { basename, dirname, extname, join } from "node:path";
import { DataError, messageOf } from "../data/errors.ts";
import { type NamedBy, namingText } from "../data/layouts/image_name.ts";
import { PIXELS_VERSION } from "../data/pixel_cache.ts";
import { itemAt } from "../engine/item_at.ts";
import type { Embedder } from "../model/embedder.ts";
import { ALONE, gatherValues, type Ranks, sameOnAllRanks } from "../ranks/mod.ts";
import { sha256 } from "../train/checksum.ts";
import { removeUnfinished, writeWhole } from "../train/write_whole.ts";
import { type EmbeddedImage, embedImages, type ImageEmbedding } from "./embed_images.ts";
import { formatOf } from "./formats.ts";
import type { ImageList } from "./image_list.ts";
import { meansOfTracklets } from "./tracklets.ts";
import {
  manifestPath,
  readManifest,
  readShardFiles,
  type Shard,
  type ShardFile,
  totals,
  type VectorsOf,
  writeManifest,
} from "./manifest.ts";

/** Options of `writeVectors`. */
export interface WriteVectorsOptions {
  /** The network's identity: see `modelIdentity`. */
  readonly model: string;
  /** A path that ends in .parquet, .npy or .jsonl. */
  readonly out: string;
  /** Threads that decode. */
  readonly workers: number;
  /** Whether vectors are means over the image and its mirror image. */
  readonly flip: boolean;
  /** Images per shard. More take more memory, and more are lost when the process is killed. */
  readonly shardSize: number;
  /** How the images are named, by default as they agree. */
  readonly named?: NamedBy;
  /** Whether to write the means of tracklets, which the list has together. Default false. */
  readonly tracklets?: boolean;
  /** Processes that share the work, and all call this. Rank 0 reads and writes the files. By default none. */
  readonly ranks?: Ranks;
  /** Called after every batch: whether to stop. The unfinished shard is dropped. */
  readonly stopRequested?: () => boolean;
  /** Called once, with the number of images in shards that were finished before. */
  readonly onStart?: (done: number) => void;
  /** Called with every image: its vector, or why it failed. */
  readonly onImage?: (image: EmbeddedImage) => void;
}

/** The result of `writeVectors`, on every rank. */
export interface WrittenVectors {
  /** Whether all shards are finished. */
  readonly finished: boolean;
  /** Number of finished shards, and of all. */
  readonly shards: { readonly finished: number; readonly all: number };
  /** Vectors in finished shards. */
  readonly vectors: number;
  /** Images in finished shards that could not be decoded. */
  readonly failed: number;
  /** Number of images embedded by this call, on all ranks. */
  readonly embedded: number;
}

/**
 * Embeds the images of a list into files, and continues where an earlier call with the same arguments was stopped.
 *
 * Memory holds one shard of vectors and its encoded bytes, in addition to that of {@link embedImages}.
 *
 * @throws {DataError} When `out` has vectors of another network, of other images or of other settings, when the disk is
 *   full, or when none of the images can be embedded.
 * @throws {RanksError} When ranks have another network, other images or other settings.
 */
export async function writeVectors(
  embedder: Embedder,
  list: ImageList,
  options: WriteVectorsOptions,
): Promise<WrittenVectors> {
  const {
    out,
    workers,
    flip,
    shardSize,
    named = list.agreed,
    tracklets = false,
    ranks = ALONE,
    stopRequested,
  } = options;
  const starts = list.shardStarts(shardSize);
  const writes = ranks.rank === 0;
  const of: VectorsOf = {
    model: options.model,
    embeddingSize: embedder.model.embeddingSize,
    flip,
    pixels: PIXELS_VERSION,
    images: list.count,
    fingerprint: list.fingerprint,
    shardSize,
    names: namingText(named),
    ...(tracklets && { trackletShards: starts.length }),
  };
  const { model, fingerprint, ...settings } = of;
  await sameOnAllRanks(ranks, {
    "the network": model,
    "the images": fingerprint,
    "the settings": JSON.stringify([out, settings]),
  });
  // What the first rank finds, for all.
  const shards = itemAt(await gatherValues(ranks, writes ? await finishedShards(out, of) : []), 0);
  const all = starts.length;
  const before = new Set(shards.map(({ index }) => index));
  const pending = Array.from({ length: all }, (_, index) => index).filter((index) => !before.has(index));
  const sizeOf = (index: number) => (starts[index + 1] ?? list.count) - itemAt(starts, index);
  options.onStart?.([...before].reduce((sum, index) => sum + sizeOf(index), 0));

  const save = async () => {
    if (writes) await writeOrExplain(out, () => writeManifest(out, { of, shards }));
  };
  await save(); // Before the first vector, so that an output that cannot be written fails now.
  let shard = 0; // Of the image at hand: they come in order.
  const images = list.images((index) => {
    while (index >= (starts[shard + 1] ?? Infinity)) shard++;
    return !before.has(shard);
  });
  let rows: ImageEmbedding[] = [], failed: [string, string][] = [];
  let embedded = 0;
  const how = { workers, flip, named, ranks, stopRequested };
  for await (const image of embedImages(embedder, images, how)) {
    options.onImage?.(image);
    if ("failed" in image) {
      failed.push([image.id, image.failed]);
    } else {
      requireFinite(image);
      rows.push(image);
      embedded++;
    }
    const [index] = pending;
    if (index === undefined || rows.length + failed.length < sizeOf(index)) continue;
    pending.shift();
    if (tracklets) rows = meansOfTracklets(rows, embedder.model.spec.normalize);
    const files = writes
      ? await writeOrExplain(out, () => writeShard(shardPath(out, index, all), out, rows, of))
      : [];
    shards.push({ index, vectors: rows.length, files, failed });
    shards.sort((a, b) => a.index - b.index);
    await save();
    [rows, failed] = [[], []];
  }
  const { vectors, failed: undecodable } = totals(shards);
  const finished = shards.length === all;
  if (finished && vectors === 0) {
    const examples = shards.flatMap(({ failed }) => failed).slice(0, 1).map((pair) =>
      ` (${pair.join(": ")})`
    );
    throw new DataError(
      `None of the ${list.count} images could be embedded${examples}. Give JPEG or PNG files.`,
    );
  }
  return {
    finished,
    shards: { finished: shards.length, all },
    vectors,
    failed: undecodable,
    embedded,
  };
}

/** The shards whose files exist with the bytes that the manifest says. */
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
    const read = await readShardFiles(out, shard).catch(() => undefined);
    if (read !== undefined) whole.push(shard); // Others are rebuilt.
  }
  return whole;
}

async function requireNothing(out: string): Promise<void> {
  try {
    await Deno.lstat(out);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new DataError(`${out} cannot be used: ${messageOf(error)}. Choose another output.`, {
      remedies: [{ kind: "other-output" }],
    });
  }
  throw new DataError(
    `${out} exists, but its manifest ${manifestPath(out)} does not. Remove ${out}, or choose another output.`,
    { remedies: [{ kind: "other-output" }] },
  );
}

function requireSame(out: string, found: VectorsOf, wanted: VectorsOf): void {
  const differences = [
    found.model !== wanted.model ? "another network" : "",
    found.images !== wanted.images || found.fingerprint !== wanted.fingerprint
      ? `other or changed images (${found.images} then, ${wanted.images} now)`
      : "",
    (found.trackletShards === undefined) !== (wanted.trackletShards === undefined)
      ? (found.trackletShards === undefined ? "single images" : "tracklets")
      : "",
    found.flip !== wanted.flip ? `images ${found.flip ? "and" : "without"} their mirror images` : "",
    found.pixels !== wanted.pixels ? "pixels that another version of this program decoded differently" : "",
    found.shardSize !== wanted.shardSize ? `${found.shardSize} images per shard` : "",
    found.names !== wanted.names
      ? `names read in another way (${found.names ?? "that of an earlier version"})`
      : "",
  ].filter((text) => text !== "");
  if (differences.length === 0) return;
  const settings = {
    ...(found.flip !== wanted.flip && { testFlip: found.flip }),
    ...(found.shardSize !== wanted.shardSize && { shardSize: found.shardSize }),
  };
  throw new DataError(
    `${out} has vectors of ${
      differences.join(", and of ")
    }. Continue with the same model, images and settings, choose ` +
      `another output, or remove ${out} and ${manifestPath(out)} to start again.`,
    { remedies: [{ kind: "set", settings }, { kind: "other-output" }] },
  );
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
    files.push({ name, bytes: bytes.length, sha256: await sha256(bytes) });
  }
  return files;
}

async function writeOrExplain<T>(out: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new DataError(
      `The vectors could not be written to ${out}: ${
        messageOf(error)
      }. Finished shards stay. Free space on the disk, or ` +
        "fix the reason, then embed the same images to the same path again.",
      { remedies: [{ kind: "same-again" }] },
    );
  }
}

function requireFinite({ id, embedding }: ImageEmbedding): void {
  if (embedding.every(Number.isFinite)) return;
  throw new DataError(
    `The vector of ${id} has non-finite numbers: the network's weights are not usable. Use another checkpoint.`,
  );
}
