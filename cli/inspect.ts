/** `deno task inspect`: what is in a dataset, and what may be wrong with it, before training. */
import { basename, join, resolve } from "node:path";
import { DataError } from "../data/errors.ts";
import type { Device } from "../engine/mod.ts";
import { alikePeople } from "../inspect/alike_people.ts";
import { embedPeople } from "../inspect/embeddings.ts";
import { findDuplicates } from "../inspect/duplicates.ts";
import { type FindList, findLists, shownImages } from "../inspect/finds.ts";
import { type ComparedPeople, type Inspection, inspectionOf } from "../inspect/inspection.ts";
import { inspectionJson } from "../inspect/json.ts";
import { inspectionPage } from "../inspect/page.ts";
import { smallPictures } from "../inspect/pictures.ts";
import { type InspectedImage, listImages, readImages } from "../inspect/read_images.ts";
import { removalList, removals } from "../inspect/removals.ts";
import { wrongLabels } from "../inspect/wrong_labels.ts";
import { Embedder } from "../model/embedder.ts";
import { buildTrainedModel } from "../model/trained_model.ts";
import { readTrainedModel, type TrainedModelFile } from "../train/trained_model_file.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { type FlagTable, parseFlags } from "./flags.ts";
import { exists, makeFolder, refuseExisting, writeOutput } from "./output.ts";
import { dataSource, openPeople, workerCount } from "./people.ts";
import { withProgress } from "./progress.ts";
import { CACHE_FLAG, CHECKPOINT_FLAG, DATA_FLAG, EMA_FLAG, NAMES_FLAGS } from "./shared_flags.ts";
import { table } from "./table.ts";

const COMMAND = {
  usage: "deno task inspect",
  summary:
    "Looks through a dataset before training: counts, broken and tiny files, duplicates, the same picture under two " +
    "people; with a network, suspected wrong labels and people that look like one. It writes a page with pictures and a " +
    "JSON file, and changes nothing in the dataset.",
  examples: [
    ["deno task inspect --data people", "inspections/people/inspection.html"],
    [
      "deno task inspect --data people --checkpoint runs/hard",
      "also suspected wrong labels; the network may have been trained on these people",
    ],
    [
      "deno task inspect --data people --list remove.tsv",
      "also the files that one would remove, each with its reason",
    ],
  ],
} as const;

const FLAGS = {
  data: DATA_FLAG,
  ...NAMES_FLAGS,
  checkpoint: {
    ...CHECKPOINT_FLAG,
    help:
      `${CHECKPOINT_FLAG.help} With it, images that are far from their own person and near another are found, and ` +
      "people that look like one.",
  },
  ema: EMA_FLAG,
  out: {
    type: "string",
    value: "DIR",
    help:
      "Folder for inspection.html, a page that needs no other file, and inspection.json, which has everything that was " +
      "found and the facts about every file. By default inspections/NAME, after the folder of the data.",
  },
  list: {
    type: "string",
    value: "FILE",
    help:
      "Also writes the files that one would remove: on every line a path, a tab, and the reason, whose first word is " +
      "its kind: broken, tiny, conflict (the same picture under two people: all copies), label (suspected, with --checkpoint), duplicate, near.",
  },
  overwrite: {
    type: "boolean",
    help: "Replaces files that exist: that of --list, and another dataset's inspection in the same folder.",
  },
  near: {
    type: "number",
    min: 0,
    max: 64,
    default: 4,
    help:
      "Two pictures are near duplicates if their thumbnails of 16 x 8 cells differ by at most this many of 255 levels " +
      "(root mean square). A copy of another compression or size differs by 1 to 4.",
  },
  suspect: {
    type: "number",
    min: 0,
    max: 2,
    default: 0.2,
    help:
      "With --checkpoint: an image's label is suspected if its mean cosine to the three nearest images of another person " +
      "is at least this much above that to the three nearest of its own, by other cameras.",
  },
  show: {
    type: "integer",
    min: 0,
    max: 500,
    default: 24,
    help: "The most finds of a list that the page shows; it gives the number of all.",
  },
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** Images on the GPU at once. */
const BATCH = 64;

/** Parses the flags, inspects, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { checkpoint, ema, list, overwrite, near, suspect, show, cache, ...flags } = parseFlags(
    COMMAND,
    FLAGS,
    args,
  );
  if (list !== undefined && !overwrite) await refuseExisting(list, "--list");
  const trained = checkpoint === undefined
    ? undefined
    : await readTrainedModel(checkpoint, { averaged: ema });
  const dataset = await openPeople(dataSource(flags, undefined), cache);
  const out = flags.out ?? join("inspections", basename(resolve(dataset.root)));
  const page = join(out, "inspection.html"), json = join(out, "inspection.json");
  if (!overwrite && !await isInspectionOf(json, dataset.root)) {
    await refuseExisting(json);
    await refuseExisting(page);
  }
  await makeFolder(out);
  const workers = workerCount();
  const read = await withProgress(
    "Reading images",
    "images",
    (onProgress) => readImages(listImages(dataset), { workers, onProgress }),
  );
  if (read.images.length === 0) {
    const [first] = read.broken;
    throw new DataError(
      `None of the ${read.broken.length} images of ${dataset.root} can be decoded` +
        `${first === undefined ? "" : `, such as ${first.path}: ${first.reason}`}. Restore the files.`,
    );
  }
  using device = await openTestedDevice(cache);
  const duplicates = await withProgress(
    "Comparing pictures",
    "images",
    (onProgress) => findDuplicates(device, read, near, onProgress),
  );
  const compared = trained && await comparePeople(device, trained, read.images, suspect);
  const inspection = inspectionOf(dataset, read, duplicates, near, compared);
  const lists = findLists(inspection, show);
  const paths = shownImages(lists).flatMap((image) => read.images[image]?.path ?? []);
  const pictures = await smallPictures(paths, { workers });
  await writeOutput(page, inspectionPage(inspection, lists, pictures));
  await writeOutput(json, inspectionJson(inspection));
  const remove = removals(inspection);
  if (list !== undefined) await writeOutput(list, removalList(remove), "--list");
  console.log(summary(inspection, lists));
  console.log(
    printable(
      list === undefined
        ? `${remove.length} files could be removed; --list FILE writes them`
        : `${list}: ${remove.length} files that one would remove`,
    ),
  );
  console.log(printable(`${page}: open it in a browser`));
  return EXIT.done;
}

/** Whether a file is an inspection of the dataset in a folder, which a new one may replace. */
async function isInspectionOf(path: string, root: string): Promise<boolean> {
  if (!await exists(path)) return false;
  try {
    const found: { root?: unknown } | null = JSON.parse(await Deno.readTextFile(path));
    return typeof found?.root === "string" && resolve(found.root) === resolve(root);
  } catch {
    return false;
  }
}

/** Embeds the images, and compares the people. */
async function comparePeople(
  device: Device,
  trained: TrainedModelFile,
  images: readonly InspectedImage[],
  suspectMargin: number,
): Promise<ComparedPeople> {
  const model = buildTrainedModel(device, trained.model);
  const embedder = await Embedder.open(device, model, BATCH);
  const people = await withProgress(
    "Embedding",
    "images",
    (onProgress) => embedPeople(embedder, images, { workers: workerCount(), onProgress }),
  );
  embedder.destroy();
  model.parameters.destroy();
  const nearerToOthers = await withProgress(
    "Comparing people",
    "images",
    (onProgress) => wrongLabels(device, people, onProgress),
  );
  return {
    checkpoint: trained.path,
    suspectMargin,
    nearerToOthers,
    alike: await alikePeople(device, people),
  };
}

function summary({ broken }: Inspection, lists: readonly FindList[]): string {
  const count = (value: number) => value.toLocaleString("en");
  const rows = lists.flatMap(({ title, total }) => total === undefined ? [] : [[title, count(total)]]);
  return table([["Broken files", count(broken.length)], ...rows], 1);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
