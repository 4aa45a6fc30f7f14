/** `deno task search`: finds the images of a gallery that look most like an image. */
import { join } from "node:path";
import { DataError } from "../data/errors.ts";
import { embedImages } from "../embed/embed_images.ts";
import { itemAt } from "../engine/item_at.ts";
import { meansOf } from "../model/means.ts";
import { inGroup } from "../model/settings.ts";
import type { Thresholds } from "../model/thresholds.ts";
import { Gallery } from "../search/gallery.ts";
import type { FoundImage } from "../search/gallery_types.ts";
import { checkedFilter } from "../search/known_values.ts";
import { resultPage } from "../search/page/page.ts";
import { type GalleryScanOptions, scanGallery } from "../search/scan_gallery.ts";
import { RunError } from "../train/errors.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openDevice } from "./device.ts";
import { type FlagTable, parseFlags, UsageError } from "./flags.ts";
import { FILTER_FLAGS, galleryFilter, selectedImages } from "./index/filter.ts";
import { networkPath, openEmbedder, readNetwork } from "./index/network.ts";
import { DATABASE_FLAGS, withDatabase } from "./index/database.ts";
import { writeOutput } from "./output.ts";
import { CHECKPOINT_FLAG, EMA_FLAG, JSON_FLAG } from "./shared_flags.ts";
import {
  askedThreshold,
  EXTRAPOLATED,
  limitOf,
  nobody,
  OF_SINGLE_IMAGES,
  THRESHOLD_FLAGS,
} from "./search_threshold.ts";
import { table } from "./table.ts";

const COMMAND = {
  usage: "deno task search",
  summary: "Ranks the images of a gallery (deno task index) by how much they look like a person's image.",
  examples: [
    ["deno task search --image crop.jpg", "the ten nearest, as a table"],
    ["deno task search --image a.jpg b.jpg", "several images of one person as one query"],
    ["deno task search --image crop.jpg --threshold auto", "nobody, if the nearest is too far"],
    [
      "deno task search --image crop.jpg --not-camera 3 --after 2026-01-31 --out found.html",
      "as a page with pictures",
    ],
  ],
} as const;

const FLAGS = {
  image: {
    type: "strings",
    value: "FILE",
    required: true,
    help:
      "Image of the person to look for: JPEG or PNG. Of several images, the mean of their embeddings is searched for, scaled " +
      "to length one if the network's are.",
  },
  top: { type: "integer", min: 1, max: 1000, default: 10, help: "How many images to show." },
  checkpoint: {
    ...CHECKPOINT_FLAG,
    help:
      `${CHECKPOINT_FLAG.help} By default the path that the gallery's network had when the gallery was made.`,
  },
  ema: EMA_FLAG,
  scan: {
    type: "choice",
    choices: ["hnsw", "exact", "gpu"],
    default: "hnsw",
    help:
      "How to search. hnsw: by the gallery's HNSW index, or exactly if it has none (deno task index build). exact: " +
      "compares with every image, in the database. gpu: compares with every image, on the GPU, exact as in f64.",
  },
  efSearch: {
    type: "integer",
    min: 1,
    max: 1000,
    default: 100,
    help:
      "Candidates that a search of an HNSW index keeps: with more it misses fewer images and takes longer.",
  },
  ...inGroup("Who is meant", THRESHOLD_FLAGS),
  ...inGroup("Which images", FILTER_FLAGS),
  out: {
    type: "string",
    value: "PAGE.html",
    group: "Result",
    help: "Also writes an HTML page that contains the pictures.",
  },
  images: {
    type: "string",
    value: "DIR",
    group: "Result",
    help:
      "Folder of the gallery's images for --out, by their ids. By default the paths from which they were added.",
  },
  json: { ...JSON_FLAG, group: "Result" },
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

/** Parses the flags, searches, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const { image, top, scan, efSearch, out } = flags;
  if (flags.images !== undefined && out === undefined) throw new UsageError("--images requires --out");
  const asked = askedThreshold(flags);
  const conditions = galleryFilter(flags);
  const twice = image.find((file, i) => image.indexOf(file) < i);
  if (twice !== undefined) throw new UsageError(`--image names ${twice} twice; give each image once`);
  const { all, location, limit, compared } = await withDatabase(flags, async (database) => {
    const gallery = await Gallery.open(database);
    const filter = await checkedFilter(database, conditions);
    const { embedding, thresholds } = await embedQuery(
      gallery,
      image,
      networkPath(flags.checkpoint, gallery.model),
      flags.ema,
    );
    const compared = asked && await gallery.count(filter);
    const limit = asked && limitOf(asked, gallery.model.thresholds ?? thresholds, compared ?? 0);
    if (limit?.extrapolated) console.error(`note: ${EXTRAPOLATED}`);
    if (limit?.falseAlarm !== undefined && image.length > 1) console.error(`note: ${OF_SINGLE_IMAGES}`);
    const all = scan === "gpu"
      ? await scanOnGpu(gallery, embedding, { top, filter })
      : await gallery.search(embedding, { top, filter, exact: scan === "exact", efSearch });
    return { all, location: database.location, limit, compared };
  });
  const found = limit === undefined ? all : all.filter(({ distance }) => distance <= limit.distance);
  const reason = limit && nobody(found, all, limit, compared ?? 0, selectedImages(flags));
  if (out !== undefined) {
    const { images: folder } = flags;
    const shown = folder === undefined ? found : found.map((one) => ({ ...one, path: join(folder, one.id) }));
    await writeOutput(out, await resultPage({ queries: image, gallery: location, found: shown, reason }));
  }
  const results = found.map((one, i) => ({ rank: i + 1, ...one }));
  const query = image.length === 1 ? image[0] : image;
  const threshold = limit && { threshold: limit, reason };
  console.log(
    flags.json
      ? JSON.stringify({ query, gallery: location, ...threshold, results })
      : reason === undefined
      ? matchTable(found)
      : printable(reason),
  );
  const farther = all.length - found.length;
  if (!flags.json && limit && reason === undefined && farther > 0) {
    console.log(
      `\n${farther} more of the nearest ${all.length} are farther than ${limit.distance.toFixed(4)}`,
    );
  }
  if (out !== undefined && !flags.json) console.log(`\nWith pictures: ${printable(out)}`);
  return EXIT.done;
}

async function scanOnGpu(
  gallery: Gallery,
  embedding: Float32Array,
  options: GalleryScanOptions,
): Promise<FoundImage[]> {
  using device = await openDevice();
  return (await scanGallery(device, gallery, embedding, options)).flat();
}

/** The query's embedding: of several images, their mean. It must be by the gallery's network, whose thresholds it brings. */
async function embedQuery(
  gallery: Gallery,
  images: readonly string[],
  checkpoint: string,
  ema: boolean,
): Promise<{ embedding: Float32Array; thresholds: Thresholds | undefined }> {
  const { flip, summary } = gallery.model;
  const { trained, model } = await readNetwork(checkpoint, ema, flip).catch((error) => {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(
      `${error.message} The network of the gallery was ${summary}: give its path with --checkpoint.`,
    );
  });
  await Gallery.open(gallery.database, model);
  using network = await openEmbedder(trained, 1);
  const options = { workers: 1, flip };
  const files = images.map((path) => ({ id: path, path }));
  const embeddings: Float32Array[] = [];
  for await (const query of embedImages(network.embedder, files, options)) {
    if ("failed" in query) {
      throw new DataError(`${query.id} cannot be searched for: ${query.failed}. Give a JPEG or PNG file.`);
    }
    embeddings.push(query.embedding);
  }
  const embedding = embeddings.length === 1
    ? itemAt(embeddings, 0)
    : meansOf([embeddings], network.embedder.model.embeddingSize, trained.spec.normalize);
  return { embedding, thresholds: model.thresholds };
}

/** The result as a table for the terminal. */
function matchTable(found: readonly FoundImage[]): string {
  if (found.length === 0) return "No image of the gallery meets these conditions";
  const timed = found.some(({ time }) => time !== undefined);
  return table([
    ["rank", "distance", "camera", timed ? "time" : "frame", "image"],
    ...found.map(({ distance, camera, frame, time, id }, i) =>
      [
        String(i + 1),
        distance.toFixed(4),
        camera ?? "",
        time ?? (frame === undefined ? "" : String(frame)),
        id,
      ].map(printable)
    ),
  ]);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
