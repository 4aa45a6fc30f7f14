/** `deno task index add`: adds images, or vectors of images, to a gallery. */
import { DataError } from "../../data/errors.ts";
import { resolve } from "node:path";
import { embedImages } from "../../embed/embed_images.ts";
import type { ImageFile, PassedOver } from "../../embed/image_files.ts";
import { readVectors } from "../../embed/read_vectors.ts";
import { Gallery } from "../../search/gallery.ts";
import type { GalleryImage } from "../../search/gallery_types.ts";
import { galleryImage } from "../../search/image_facts.ts";
import { EXIT, printable } from "../command.ts";
import { type FlagTable, type FlagValues, parseFlags, UsageError } from "../flags.ts";
import { noImages, openImages, sayPassedOver } from "../image_source.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { workerCount } from "../people.ts";
import { progress } from "../progress.ts";
import { CHECKPOINT_FLAG, EMA_FLAG, IMAGES_FLAG, TEST_FLIP_FLAG } from "../shared_flags.ts";
import { DATABASE_FLAGS, withDatabase } from "./database.ts";
import { galleryModel, openNetwork } from "./network.ts";

/** What `--help` says. */
export const ADD = {
  usage: "deno task index add",
  summary:
    "Adds images to the gallery, and makes the gallery if there is none. Images replace those with the same ids.",
  examples: [
    [
      "deno task index add --images crops --checkpoint runs/hard",
      "all images in crops/ and in the folders in it",
    ],
    ["deno task index add --vectors vectors.parquet", "the output of deno task embed"],
  ],
} as const;

/** Images of a transaction. */
const BATCH = 256;
/** The most undecodable images to name on stderr. */
const SHOWN_FAILURES = 10;

const FLAGS = {
  images: IMAGES_FLAG,
  checkpoint: { ...CHECKPOINT_FLAG, help: `For --images. ${CHECKPOINT_FLAG.help}` },
  vectors: {
    type: "string",
    value: "FILE",
    help: "Vectors written by deno task embed, instead of images.",
  },
  onlyNew: {
    type: "boolean",
    help:
      "Skips images whose ids the gallery has: to continue after a stop, or when a folder has new images.",
  },
  testFlip: TEST_FLIP_FLAG,
  ema: EMA_FLAG,
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

type Flags = FlagValues<typeof FLAGS>;

/** Parses the flags, adds, and returns the exit code. */
export async function add(args: string[]): Promise<number> {
  const flags = parseFlags(ADD, FLAGS, args);
  const { images, vectors } = flags;
  if (images !== undefined && vectors === undefined) return await addImages(flags, images);
  if (vectors === undefined || images !== undefined) {
    throw new UsageError("Give --images (with --checkpoint), or --vectors");
  }
  if (flags.checkpoint !== undefined || flags.testFlip || !flags.ema) {
    throw new UsageError(
      "--checkpoint, --test-flip and --no-ema require --images: --vectors contains the network's vectors",
    );
  }
  return await addVectors(flags, vectors);
}

async function addVectors(flags: Flags, path: string): Promise<number> {
  const vectors = await readVectors(path);
  const model = {
    identity: vectors.model,
    dimension: vectors.embeddingSize,
    flip: vectors.flip,
    summary: path,
  };
  return await withDatabase(flags, async (database) => {
    const gallery = await Gallery.create(database, model);
    const { batches } = vectors;
    return await store(gallery, flags, vectors.count, async function* () {
      for await (const batch of batches()) {
        const known = flags.onlyNew ? await gallery.images(batch.map(({ id }) => id)) : new Map();
        for (const image of batch) if (!known.has(image.id)) yield galleryImage(image);
      }
    });
  }, { create: true });
}

async function addImages(flags: Flags, images: string): Promise<number> {
  if (flags.checkpoint === undefined) {
    throw new UsageError(
      "--images requires --checkpoint: the folder of a training run, such as runs/hard",
    );
  }
  const passed: PassedOver = { links: 0, others: 0 };
  const all = await Array.fromAsync(await openImages(images, passed));
  sayPassedOver(images, passed);
  if (all.length === 0) throw noImages(images);
  using network = await openNetwork(flags.checkpoint, flags.ema, Math.min(64, all.length));
  const { embedder } = network, model = galleryModel(network, flags.testFlip);
  return await withDatabase(flags, async (database) => {
    const gallery = await Gallery.create(database, model);
    const files = flags.onlyNew ? await newOnly(all, gallery) : all;
    const paths = new Map(files.map(({ id, path }) => [id, resolve(path)]));
    return await store(gallery, flags, files.length, async function* (fail) {
      const options = { workers: workerCount(), flip: flags.testFlip };
      for await (const image of embedImages(embedder, files, options)) {
        if ("failed" in image) fail(image.id, image.failed);
        else yield galleryImage(image, paths.get(image.id));
      }
    });
  }, { create: true });
}

/** The files that the gallery does not have. */
async function newOnly(files: readonly ImageFile[], gallery: Gallery): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  for (let start = 0; start < files.length; start += BATCH) {
    const some = files.slice(start, start + BATCH);
    const known = await gallery.images(some.map(({ id }) => id));
    found.push(...some.filter(({ id }) => !known.has(id)));
  }
  return found;
}

/** Adds images batch by batch, until the last one or an interrupt, and returns the exit code. */
async function store(
  gallery: Gallery,
  { images: source, vectors, onlyNew }: Flags,
  total: number,
  images: (fail: (id: string, reason: string) => void) => AsyncGenerator<GalleryImage>,
): Promise<number> {
  using interrupt = listenForInterrupt(
    () => {},
    "Stopping; the added images stay, and --only-new continues from there. Once more to leave at once",
  );
  const display = progress({ label: "Adding", total, unit: "images" });
  let added = 0, replaced = 0, failed = 0;
  let batch: GalleryImage[] = [];
  const flush = async () => {
    const outcome = await gallery.add(batch);
    added += outcome.added;
    replaced += outcome.replaced;
    batch = [];
    display.update(added + replaced);
  };
  try {
    const fail = (id: string, reason: string) => {
      if (++failed <= SHOWN_FAILURES) console.error(printable(`warning: ${id} is left out: ${reason}`));
    };
    for await (const image of images(fail)) {
      batch.push(image);
      if (batch.length === BATCH) await flush();
      if (interrupt.requested) break;
    }
    await flush();
  } finally {
    display.finish();
  }
  const count = (value: number) => value.toLocaleString("en");
  const location = printable(gallery.database.location);
  if (added + replaced === 0 && failed > 0 && !onlyNew) {
    throw new DataError(
      `No image in ${source ?? vectors} can be decoded (${
        count(failed)
      } tried); nothing was added to ${location}. Give JPEG or ` +
        "PNG files.",
    );
  }
  console.log(
    `${interrupt.requested ? "Stopped. " : ""}${location}: ${count(added)} images added, ${
      count(replaced)
    } replaced, ` +
      `${count(failed)} left out; ${count((await gallery.stats()).images)} in all`,
  );
  return interrupt.requested ? EXIT.interrupted : EXIT.done;
}
