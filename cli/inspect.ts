/** `deno task inspect`: what is in a dataset, and what may be wrong with it, before training. */
import { basename, join, resolve } from "node:path";
import { DataError } from "../data/errors.ts";
import { findDuplicates } from "../inspect/duplicates.ts";
import { type FindList, findLists } from "../inspect/finds.ts";
import { type Inspection, inspectionOf } from "../inspect/inspection.ts";
import { inspectionJson } from "../inspect/json.ts";
import { inspectionPage } from "../inspect/page.ts";
import { smallPictures } from "../inspect/pictures.ts";
import { listImages, readImages } from "../inspect/read_images.ts";
import { removalList, removals } from "../inspect/removals.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { type FlagTable, parseFlags } from "./flags.ts";
import { makeFolder, writeOutput } from "./output.ts";
import { openPeople, workerCount } from "./people.ts";
import { withProgress } from "./progress.ts";
import { CACHE_FLAG, DATA_FLAG, LAYOUT_FLAG } from "./shared_flags.ts";
import { table } from "./table.ts";

const COMMAND = {
  usage: "deno task inspect",
  summary:
    "Looks through a dataset before training: counts, broken and tiny files, duplicates, the same picture under two " +
    "people. It writes a page with pictures and a JSON file, and changes nothing in the dataset.",
  examples: [
    ["deno task inspect --data people", "inspections/people/inspection.html"],
    [
      "deno task inspect --data people --list remove.tsv",
      "also the files that one would remove, each with its reason",
    ],
  ],
} as const;

const FLAGS = {
  data: DATA_FLAG,
  layout: LAYOUT_FLAG,
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
      "its kind: broken, tiny, conflict (the same picture under two people: all copies), duplicate, near.",
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
  show: {
    type: "integer",
    min: 0,
    max: 500,
    default: 24,
    help: "The most finds of a list that the page shows; it gives the number of all.",
  },
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** Parses the flags, inspects, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { data, layout, list, near, show, cache, ...given } = parseFlags(COMMAND, FLAGS, args);
  const dataset = await openPeople({ data, layout }, cache);
  const out = given.out ?? join("inspections", basename(resolve(dataset.root)));
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
  const inspection = inspectionOf(dataset, read, duplicates, near);
  const lists = findLists(inspection, show);
  const shown = lists.flatMap(({ finds }) => finds.flatMap(({ images }) => images.map(({ image }) => image)));
  const paths = [...new Set(shown)].flatMap((image) => read.images[image]?.path ?? []);
  const pictures = await smallPictures(paths, { workers });
  const page = join(out, "inspection.html");
  await writeOutput(page, inspectionPage(inspection, lists, pictures));
  await writeOutput(join(out, "inspection.json"), inspectionJson(inspection));
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

function summary({ broken }: Inspection, lists: readonly FindList[]): string {
  const count = (value: number) => value.toLocaleString("en");
  const rows = lists.flatMap(({ title, total }) => total === undefined ? [] : [[title, count(total)]]);
  return table([["Broken files", count(broken.length)], ...rows], 1);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
