/** `deno task index add`: adds images, or vectors of images, to a gallery. */
import { DataError } from "../../data/errors.ts";
import { agreedNaming, namingOf } from "../../data/layouts/image_name.ts";
import { isPeopleTable } from "../../data/layouts/people_table.ts";
import { embedImages, type ImageEmbedding } from "../../embed/embed_images.ts";
import type { PassedOver } from "../../embed/image_files.ts";
import { readVectors } from "../../embed/read_vectors.ts";
import { itemAt } from "../../engine/item_at.ts";
import { SearchError } from "../../search/errors.ts";
import { Gallery } from "../../search/gallery.ts";
import type { GalleryImage, GalleryModel } from "../../search/gallery_types.ts";
import { galleryImage } from "../../search/image_facts.ts";
import { EXIT, printable } from "../command.ts";
import { type FlagTable, type FlagValues, parseFlags, UsageError } from "../flags.ts";
import { noImages, openImages, sayNaming, sayPassedOver } from "../image_source.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { workerCount } from "../people.ts";
import { progress } from "../progress.ts";
import {
  CAMERA_FROM_FLAG,
  CHECKPOINT_FLAG,
  EMA_FLAG,
  IMAGES_FLAG,
  LAYOUT_FLAG,
  TEST_FLIP_FLAG,
} from "../shared_flags.ts";
import { DATABASE_FLAGS, withDatabase } from "./database.ts";
import { openEmbedder, readNetwork } from "./network.ts";
import { PlannedAdd } from "./planned_add.ts";

/** What `--help` says. */
export const ADD = {
  usage: "deno task index add",
  summary:
    "Adds images to the gallery, and makes the gallery if there is none. An image that is there already is renewed; one " +
    "that would replace another image is refused, unless --replace is given.",
  examples: [
    [
      "deno task index add --images crops --checkpoint runs/hard",
      "all images in crops/ and in the folders in it",
    ],
    ["deno task index add --vectors vectors.parquet", "the output of deno task embed"],
    ["deno task index add --images crops --checkpoint runs/hard --dry-run", "what the first one would do"],
  ],
} as const;

/** Images of a transaction. */
const BATCH = 256;
/** The most undecodable images to name on stderr. */
const SHOWN_FAILURES = 10;

const FLAGS = {
  images: IMAGES_FLAG,
  layout: LAYOUT_FLAG,
  cameraFrom: CAMERA_FROM_FLAG,
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
  idPrefix: {
    type: "string",
    help:
      "Text before every id. Without it, an image's id is its path from the working directory, or its full path if it lies " +
      "elsewhere, whether it is given by a folder or a list. An image whose file the gallery has keeps its id.",
  },
  replace: {
    type: "boolean",
    help: "Images replace other images of the same ids: those from another path, or with other vectors.",
  },
  dryRun: { type: "boolean", help: "Only says what would be added, renewed and replaced." },
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
  const { checkpoint, layout, cameraFrom } = flags;
  if ([checkpoint, layout, cameraFrom].some((given) => given !== undefined) || flags.testFlip || !flags.ema) {
    throw new UsageError(
      "--checkpoint, --layout, --camera-from, --test-flip and --no-ema require --images: --vectors contains the network's vectors",
    );
  }
  return await addVectors(flags, vectors);
}

async function addVectors(flags: Flags, path: string): Promise<number> {
  const vectors = await readVectors(path);
  const { batches, embeddingSize: dimension, flip } = vectors;
  return await withGallery(
    flags,
    { identity: vectors.model, dimension, flip, summary: path },
    async (gallery) => {
      const named = (image: ImageEmbedding) => ({
        ...galleryImage(image),
        id: (flags.idPrefix ?? "") + image.id,
      });
      const plan = new PlannedAdd(gallery);
      for await (const batch of batches()) await plan.plan(batch.map(named));
      return await store(gallery, plan, flags, async function* () {
        for await (const batch of batches()) {
          const images = batch.map(named);
          const known = flags.onlyNew ? await gallery?.images(images.map(({ id }) => id)) : undefined;
          yield* images.filter(({ id }) => !known?.has(id) || plan.replaced.has(id));
        }
      });
    },
  );
}

async function addImages(flags: Flags, source: string): Promise<number> {
  if (flags.checkpoint === undefined) {
    throw new UsageError(
      "--images requires --checkpoint: the folder of a training run, such as runs/hard",
    );
  }
  const passed: PassedOver = { links: 0, others: 0 };
  const files = await Array.fromAsync(await openImages(source, passed, flags.cameraFrom));
  sayPassedOver(source, passed);
  if (files.length === 0) throw noImages(source);
  const named = namingOf(flags.layout, agreedNaming(files.map(({ path }) => path)));
  if (flags.cameraFrom === undefined && !isPeopleTable(source)) sayNaming(source, named);
  const { trained, model } = await readNetwork(flags.checkpoint, flags.ema, flags.testFlip);
  return await withGallery(flags, model, async (gallery) => {
    const plan = new PlannedAdd(gallery);
    const candidates = files.map((file) => ({ id: (flags.idPrefix ?? "") + file.id, path: file.path, file }));
    const placed = (await plan.plan(candidates)).filter(([, { state }]) =>
      !(flags.onlyNew && state === "same")
    );
    return await store(gallery, plan, flags, async function* (fail) {
      if (placed.length === 0) return;
      using network = await openEmbedder(trained, Math.min(64, placed.length));
      const options = { workers: workerCount(), flip: flags.testFlip, named };
      let next = 0;
      for await (const image of embedImages(network.embedder, placed.map(([{ file }]) => file), options)) {
        const [{ path }, { id }] = itemAt(placed, next++); // Images come in order.
        if ("failed" in image) fail(id, image.failed);
        else yield { ...galleryImage(image, path), id };
      }
    });
  });
}

/** Opens the gallery and calls `use`; with --dry-run nothing is made, and there may be no gallery. */
async function withGallery(
  flags: Flags,
  model: GalleryModel,
  use: (gallery: Gallery | undefined) => Promise<number>,
): Promise<number> {
  if (!flags.dryRun) {
    return await withDatabase(flags, async (database) => await use(await Gallery.create(database, model)), {
      create: true,
    });
  }
  try {
    return await withDatabase(flags, async (database) => await use(await Gallery.open(database, model)));
  } catch (error) {
    const none = error instanceof SearchError && error.remedies.some(({ kind }) => kind === "add-images");
    if (none) return await use(undefined);
    throw error;
  }
}

/** Adds what was planned batch by batch, until the last one or an interrupt, and returns the exit code. */
async function store(
  gallery: Gallery | undefined,
  plan: PlannedAdd,
  { images: source, vectors, onlyNew, replace, dryRun }: Flags,
  images: (fail: (id: string, reason: string) => void) => AsyncGenerator<GalleryImage>,
): Promise<number> {
  const { counts, twice, kept } = plan;
  if (twice > 0) console.error(`note: ${count(twice)} images are given more than once, and count once`);
  const [example] = kept;
  if (example !== undefined) {
    const text = `${
      count(kept.length)
    } images keep the ids that the gallery has for their files, such as ${example.id}`;
    console.error(`note: ${printable(text)}`);
  }
  if (!replace) plan.requireFree(gallery?.database.location ?? "there");
  if (gallery === undefined || dryRun) {
    console.log(
      `${gallery === undefined ? "There is no gallery yet. " : ""}Would add ${count(counts.new)} images, ` +
        `${onlyNew ? "skip" : "renew"} ${count(counts.same)} and replace ${
          count(counts.other)
        }. Nothing was changed`,
    );
    return EXIT.done;
  }
  using interrupt = listenForInterrupt(
    () => {},
    "Stopping; the added images stay, and --only-new continues from there. Once more to leave at once",
  );
  const total = counts.new + counts.other + (onlyNew ? 0 : counts.same);
  const display = progress({ label: "Adding", total, unit: "images" });
  let added = 0, renewed = 0, replaced = 0, failed = 0;
  let batch: GalleryImage[] = [];
  const flush = async () => {
    const outcome = await gallery.add(batch, { replace });
    const others = Math.min(outcome.replaced, batch.filter(({ id }) => plan.replaced.has(id)).length);
    added += outcome.added;
    replaced += others;
    renewed += outcome.replaced - others;
    batch = [];
    display.update(added + renewed + replaced);
  };
  try {
    const fail = (id: string, reason: string) => {
      if (++failed <= SHOWN_FAILURES) console.error(printable(`warning: ${id} is left out: ${reason}`));
    };
    for await (const image of images(fail)) {
      batch.push(image);
      display.update(added + renewed + replaced + batch.length);
      if (batch.length === BATCH) await flush();
      if (interrupt.requested) break;
    }
    await flush();
  } finally {
    display.finish();
  }
  const location = printable(gallery.database.location);
  if (added + renewed + replaced === 0 && failed > 0 && !onlyNew) {
    throw new DataError(
      `No image in ${source ?? vectors} can be embedded (${
        count(failed)
      } tried); nothing was added to ${location}. ` +
        "Give JPEG or PNG files.",
    );
  }
  console.log(
    `${interrupt.requested ? "Stopped. " : ""}${location}: ${count(added)} images added, ${
      count(renewed)
    } renewed, ` +
      `${count(replaced)} replaced, ${count(failed)} left out; ${
        count((await gallery.stats()).images)
      } in all`,
  );
  return interrupt.requested ? EXIT.interrupted : EXIT.done;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
