/** `deno task search`: who in a gallery looks most like the person of an image. */
import { join } from "node:path";
import { DataError } from "../data/errors.ts";
import { embedImages } from "../embed/embed_images.ts";
import { Device } from "../engine/mod.ts";
import { Gallery } from "../search/gallery.ts";
import type { FoundImage } from "../search/gallery_types.ts";
import { resultPage } from "../search/page/page.ts";
import { scanGallery } from "../search/scan_gallery.ts";
import { RunError } from "../train/errors.ts";
import { writeWhole } from "../train/write_whole.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { type FlagTable, parseFlags, UsageError } from "./flags.ts";
import { FILTER_FLAGS, galleryFilter } from "./index/filter.ts";
import { galleryModel, openNetwork } from "./index/network.ts";
import { DATABASE_FLAGS, withDatabase } from "./index/database.ts";
import { CHECKPOINT_FLAG, EMA_FLAG, JSON_FLAG } from "./shared_flags.ts";

const COMMAND = {
  usage: "deno task search",
  summary: "Ranks the images of a gallery (deno task index) by how much they look like a person's image.",
  examples: [
    ["deno task search --image crop.jpg", "the ten nearest, as a table"],
    [
      "deno task search --image crop.jpg --not-camera 3 --after 2026-01-31 --out found.html",
      "as a page with pictures",
    ],
  ],
} as const;

const FLAGS = {
  image: {
    type: "string",
    value: "FILE",
    required: true,
    help: "Image of the person to look for: JPEG or PNG.",
  },
  top: { type: "integer", min: 1, max: 1000, default: 10, help: "How many images to show." },
  checkpoint: {
    ...CHECKPOINT_FLAG,
    help:
      `${CHECKPOINT_FLAG.help} By default where the network of the gallery was when its first images were added.`,
  },
  ema: EMA_FLAG,
  scan: {
    type: "choice",
    choices: ["hnsw", "exact", "gpu"],
    default: "hnsw",
    help:
      "What the query is compared with, and where: what the gallery's HNSW index leads to, or every image where it " +
      "has none (deno task index build); every image, in the database; every image, on the GPU, exact as in f64.",
  },
  efSearch: {
    type: "integer",
    min: 1,
    max: 1000,
    default: 100,
    help: "Candidates that a search of an HNSW index keeps: more miss less and take longer.",
  },
  ...FILTER_FLAGS,
  out: {
    type: "string",
    value: "PAGE.html",
    group: "Result",
    help: "Also writes a page with the pictures in it, for any browser.",
  },
  images: {
    type: "string",
    value: "DIR",
    group: "Result",
    help:
      "Where the gallery's images are for --out, by their ids; by default where they were when they were added.",
  },
  json: { ...JSON_FLAG, group: "Result" },
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

/** Parses the flags, searches, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const { image, top, scan, efSearch, out } = flags;
  if (flags.images !== undefined && out === undefined) throw new UsageError("--images is for --out");
  const filter = galleryFilter(flags);
  const { found: [found], location } = await withDatabase(flags, async (database) => {
    const gallery = await Gallery.open(database);
    const embedding = await embedQuery(gallery, image, flags.checkpoint ?? gallery.model.summary, flags.ema);
    return {
      found: scan === "gpu"
        ? await onGpu((device) => scanGallery(device, gallery, embedding, { top, filter }))
        : [await gallery.search(embedding, { top, filter, exact: scan === "exact", efSearch })],
      location: database.location,
    };
  });
  if (out !== undefined) {
    const { images: folder } = flags;
    const shown = folder === undefined ? found : found.map((one) => ({ ...one, path: join(folder, one.id) }));
    await writePage(out, await resultPage({ query: image, gallery: location, found: shown }));
  }
  const results = found.map((one, i) => ({ rank: i + 1, ...one }));
  console.log(flags.json ? JSON.stringify({ query: image, gallery: location, results }) : table(found));
  if (out !== undefined && !flags.json) console.log(`\nWith pictures: ${printable(out)}`);
  return EXIT.done;
}

async function onGpu<T>(work: (device: Device) => Promise<T>): Promise<T> {
  const device = await Device.open();
  try {
    return await work(device);
  } finally {
    device.destroy();
  }
}

/** The query's embedding, by the gallery's own network or not at all. */
async function embedQuery(
  gallery: Gallery,
  image: string,
  place: string,
  ema: boolean,
): Promise<Float32Array> {
  const network = await openNetwork(place, ema, 1).catch((error) => {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(
      `${error.message} The gallery is of ${gallery.model.summary}: give with --checkpoint where that network is now.`,
    );
  });
  try {
    const { flip } = gallery.model;
    await Gallery.open(gallery.database, galleryModel(network, flip));
    for await (
      const query of embedImages(network.embedder, [{ id: image, path: image }], { workers: 1, flip })
    ) {
      if ("embedding" in query) return query.embedding;
      throw new DataError(`${image} cannot be searched for: ${query.failed}. Give a JPEG or PNG file.`);
    }
    throw new Error("An image has neither been embedded nor failed");
  } finally {
    network.destroy();
  }
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await writeWhole(path, new TextEncoder().encode(page));
  } catch (error) {
    throw new DataError(
      `The page ${path} cannot be written (${(error as Error).message}). Choose another --out.`,
    );
  }
}

/** The result as a table for the terminal. */
function table(found: readonly FoundImage[]): string {
  if (found.length === 0) return "No image of the gallery meets these conditions";
  const timed = found.some(({ time }) => time !== undefined);
  const rows = [
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
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
