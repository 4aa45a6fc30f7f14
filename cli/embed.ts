/** `deno task embed`: writes vectors of images to files, for other programs and for `deno task index`. */
import { dirname } from "node:path";
import { DataError } from "../data/errors.ts";
import { agreedNaming, type LayoutName, namingOf } from "../data/layouts/image_name.ts";
import { isPeopleTable } from "../data/layouts/people_table.ts";
import { extensionOf, FORMATS } from "../embed/formats.ts";
import type { ImageFile, PassedOver } from "../embed/image_files.ts";
import { ImageList } from "../embed/image_list.ts";
import { manifestPath } from "../embed/manifest.ts";
import { inTracklets } from "../embed/tracklets.ts";
import { writeVectors, type WrittenVectors } from "../embed/write_vectors.ts";
import { Embedder } from "../model/embedder.ts";
import { buildTrainedModel, modelIdentity } from "../model/trained_model.ts";
import { onAnyRank, type Ranks } from "../ranks/mod.ts";
import { readTrainedModel } from "../train/trained_model_file.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { type FlagTable, type FlagValues, parseFlags, UsageError } from "./flags.ts";
import { noImages, openImages, sayNaming, sayPassedOver } from "./image_source.ts";
import { type Interrupt, listenForInterrupt } from "./interrupt.ts";
import { DISTRIBUTED_FLAG, distributedIn, onRanks, sayAdapters } from "./on_ranks.ts";
import { makeFolder } from "./output.ts";
import { workerCount } from "./people.ts";
import { formatSeconds, type Progress, progress } from "./progress.ts";
import {
  CACHE_FLAG,
  CAMERA_FROM_FLAG,
  CHECKPOINT_FLAG,
  EMA_FLAG,
  IMAGES_FLAG,
  LAYOUT_FLAG,
  TEST_FLIP_FLAG,
} from "./shared_flags.ts";

const COMMAND = {
  usage: "deno task embed",
  summary:
    "Turns any number of images into vectors, in a fixed amount of memory. After a stop, by Ctrl-C or otherwise, the " +
    "same command continues and ends with the same bytes.",
  examples: [
    [
      "deno task embed --checkpoint runs/hard --images crops --out vectors.parquet",
      "all JPEG and PNG files in crops/ and its subfolders",
    ],
    [
      "find crops -name '*.jpg' | sort | deno task embed --checkpoint runs/hard --images - --out vectors.npy",
      "images in the order of their names",
    ],
    [
      "deno task embed --checkpoint runs/hard --images people.csv --group track --out tracklets.parquet",
      "a vector for each tracklet of a CSV file",
    ],
  ],
} as const;

/** Images on the GPU at once. It is no flag, because another batch may round vectors differently. */
const BATCH = 64;

const FLAGS = {
  checkpoint: { ...CHECKPOINT_FLAG, required: true },
  images: { ...IMAGES_FLAG, required: true },
  layout: LAYOUT_FLAG,
  cameraFrom: CAMERA_FROM_FLAG,
  group: {
    type: "choice",
    choices: ["track"],
    help:
      "track: a vector for each tracklet, the mean of those of a person's images by one camera in one sequence, scaled to " +
      "length one if the network's are. Requires names that say so, as in Market-1501 and MARS, or a CSV file with the " +
      "column track; other images stay alone. Adds the columns tracklet (PERSON/CAMERA/TRACK), images (their number) and " +
      "spread (1 minus their mean cosine to the mean, 0 where all are the same).",
  },
  out: {
    type: "string",
    value: "FILE",
    required: true,
    help:
      "File for the vectors, in the format of its ending: .parquet (columns id, camera, time, embedding), .npy (float32 " +
      "[N, D], with .ids.jsonl beside it) or .jsonl. With more images than --shard-size it is a folder of part-00000, " +
      "part-00001, ... FILE.manifest.json beside it lists the network, the shards and the images that failed.",
  },
  testFlip: TEST_FLIP_FLAG,
  ema: EMA_FLAG,
  shardSize: {
    type: "integer",
    min: 1,
    max: 1_000_000,
    default: 5000,
    help:
      "Images of a shard. Only complete shards are written; after a stop, an incomplete one is embedded again. Memory " +
      "grows with the size of a shard, not with their number: for 5000 images with 1280 numbers each, 26 MB, the " +
      "program takes up to 0.8 GB for .parquet and 0.5 GB for .npy.",
  },
  distributed: DISTRIBUTED_FLAG,
} as const satisfies FlagTable;

/** Parses the flags, embeds, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  return await onRanks(distributedIn(args), (ranks) => embed(parse(args), ranks), WHEN_LOST);
}

function parse(args: string[]): FlagValues<typeof FLAGS> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  if (extensionOf(flags.out) === undefined) {
    throw new UsageError(`--out must end in one of ${Object.keys(FORMATS).join(", ")}; got '${flags.out}'`);
  }
  return flags;
}

async function embed(
  { checkpoint, images, layout, cameraFrom, group, out, testFlip: flip, ema, shardSize }: FlagValues<
    typeof FLAGS
  >,
  ranks: Ranks,
): Promise<number> {
  if (ranks.size > 1 && images === "-") {
    throw new UsageError(
      "--images - cannot be read by several ranks: a launcher passes stdin to one of them. Give a file with the list",
    );
  }
  const trained = await readTrainedModel(checkpoint, { averaged: ema });
  const passed: PassedOver = { links: 0, others: 0 };
  const source = await openImages(images, passed, cameraFrom);
  await makeFolder(dirname(out));
  const start = performance.now();
  using interrupt = listenForInterrupt(
    () => {},
    "Stopping; finished shards stay. Once more to leave at once",
  );
  const listed = `${out}.images.part${ranks.rank || ""}`;
  const files = until(source, interrupt);
  const ordered = group === undefined ? files : trackletsOf(await Array.fromAsync(files), images, layout);
  using list = await ImageList.write(listed, ordered, () => {}, group !== undefined);
  if (await onAnyRank(ranks, interrupt.requested)) return EXIT.interrupted;
  sayPassedOver(images, passed);
  if (list.count === 0) throw noImages(images);

  const named = namingOf(layout, list.agreed);
  if (cameraFrom === undefined && !isPeopleTable(images)) sayNaming(images, named);
  using device = await openTestedDevice(CACHE_FLAG.default);
  await sayAdapters(ranks, device.adapter.name);
  const model = buildTrainedModel(device, trained.model);
  const embedder = await Embedder.open(device, model, Math.min(BATCH, list.count));
  let done = 0, failed = 0;
  let shown: Progress | undefined;
  const result = await writeVectors(embedder, list, {
    model: await modelIdentity(trained.model),
    out,
    workers: workerCount(),
    flip,
    shardSize,
    named,
    tracklets: group !== undefined,
    ranks,
    stopRequested: () => interrupt.requested,
    onStart: (before) => {
      done = before;
      if (before > 0) console.log(`${out}: ${before.toLocaleString("en")} images are done; continuing`);
      shown = progress({ label: "Embedding", total: list.count, unit: "images", start: before });
    },
    onImage: (image) => {
      if ("failed" in image && ++failed <= SHOWN_FAILURES) {
        console.error(printable(`warning: ${image.id} is left out: ${image.failed}`));
      }
      done++;
      shown?.update(done);
    },
  }).finally(() => shown?.finish());
  embedder.destroy();
  model.parameters.destroy();
  const seconds = (performance.now() - start) / 1000;
  console.log(summary(out, result, model.embeddingSize, seconds, group === undefined ? "" : " of tracklets"));
  return result.finished ? EXIT.done : EXIT.interrupted;
}

/** The images by tracklets. @throws {DataError} when there are none. */
async function* trackletsOf(
  files: readonly ImageFile[],
  images: string,
  layout: LayoutName | undefined,
): AsyncGenerator<ImageFile> {
  const ordered = inTracklets(files, namingOf(layout, agreedNaming(files.map(({ path }) => path))));
  if (files.length > 0 && ordered.every(({ known }) => known?.tracklet === undefined)) {
    throw new DataError(
      `Nothing says the tracklets of the images in ${images}, such as ${
        files[0]?.id
      }. File names of Market-1501 have a ` +
        "sequence (0002_c1s1_000451_03.jpg) and those of MARS a tracklet (0001C1T0001F001.jpg); a CSV file may have the " +
        "column track. Leave out --group.",
    );
  }
  yield* ordered;
}

/** The most undecodable images to name on stderr; the manifest has all. */
const SHOWN_FAILURES = 10;

async function* until(images: AsyncIterable<ImageFile>, interrupt: Interrupt): AsyncGenerator<ImageFile> {
  for await (const image of images) {
    if (interrupt.requested) return;
    yield image;
  }
}

function summary(
  out: string,
  { finished, shards, vectors, failed, embedded }: WrittenVectors,
  size: number,
  seconds: number,
  what: string,
): string {
  const count = (value: number) => value.toLocaleString("en");
  const parts = shards.all === 1 ? "" : ` in ${shards.finished} of ${shards.all} shards`;
  const line =
    `${out}: ${count(vectors)} vectors${what} of ${size} numbers${parts}, ${
      count(failed)
    } images left out; ` +
    `${count(embedded)} embedded in ${formatSeconds(seconds)} (${
      (embedded / seconds).toFixed(1)
    } images/s); ` +
    `see ${manifestPath(out)}`;
  return finished ? line : `Stopped. ${line}. The same command continues.`;
}

const WHEN_LOST = "The files written are intact: the same command continues where this one stopped.";

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args, WHEN_LOST));
