/** `deno task augment`: a picture of what the flags of augmentation do to training images. */
import { PixelStore } from "../data/pixels.ts";
import { inGroup } from "../model/settings.ts";
import { augmentedVariants } from "../train/augmentation_preview.ts";
import { completeOptions, FLAG_SETTINGS } from "../train/options.ts";
import { renderContactSheet } from "../train/report/contact_sheet.ts";
import { AUGMENTATION_SETTINGS } from "../train/settings/augmentation.ts";
import { openDevice } from "./device.ts";
import { EXIT, runCommand } from "./command.ts";
import { type FlagTable, parseFlags } from "./flags.ts";
import { writeOutput } from "./output.ts";
import { openPeople, workerCount } from "./people.ts";
import { CACHE_FLAG, DATA_FLAG, NAMES_FLAGS } from "./shared_flags.ts";

const COMMAND = {
  usage: "deno task augment",
  summary:
    "Draws training images beside what a run with these flags makes of them, with the run's own kernel.",
  examples: [
    ["deno task augment --preview out.png", "the default of training"],
    [
      "deno task augment --preview out.png --zoom 0.15 --erase 0.5 --erase-fill noise --color-jitter 0.5",
      "everything",
    ],
  ],
} as const;

const FLAGS = {
  preview: { type: "string", value: "FILE", required: true, group: "Picture", help: "PNG file to write." },
  images: {
    type: "integer",
    min: 1,
    max: 64,
    default: 6,
    group: "Picture",
    help: "Rows: training images, spread over the dataset.",
  },
  steps: {
    type: "integer",
    min: 1,
    max: 64,
    default: 10,
    group: "Picture",
    help: "Columns after the original: what the first steps of a run do to the row's image.",
  },
  ...inGroup("Augmentation", AUGMENTATION_SETTINGS),
  imageHeight: FLAG_SETTINGS.imageHeight,
  imageWidth: FLAG_SETTINGS.imageWidth,
  seed: FLAG_SETTINGS.seed,
  data: DATA_FLAG,
  ...NAMES_FLAGS,
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** Parses the flags, draws, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { preview, images, steps, data, layout, identityFrom, cameraFrom, cache, ...settings } = parseFlags(
    COMMAND,
    FLAGS,
    args,
  );
  const options = completeOptions(settings);
  const size = { height: options.imageHeight, width: options.imageWidth };
  const device = await openDevice();
  const dataset = await openPeople({ data, layout, identityFrom, cameraFrom }, cache);
  const people = spread(dataset.train, images);
  const store = await PixelStore.open(people, { ...size, workers: workerCount() });
  for (const { path, reason } of store.failed) console.error(`warning: skipped ${path}: ${reason}`);
  const usable = [...people.keys()].filter((image) => store.usable[image]);
  const originals = await Promise.all(usable.map((image) => original(store, image)));
  const variants = await augmentedVariants(device, options, store, usable, steps);
  const rows = originals.map((image, i) => [image, ...variants[i] ?? []]);
  store.close();
  device.destroy();
  await writeOutput(preview, await renderContactSheet(rows, size), "--preview");
  console.log(
    `${preview}: on the left ${usable.length} training images, then what steps 1 to ${steps} of a run with seed ` +
      `${options.seed} make of them`,
  );
  return EXIT.done;
}

/** Up to `count` items at even distances. */
function spread<T>(items: readonly T[], count: number): T[] {
  const rows = Math.min(count, items.length);
  const chosen = new Set(Array.from({ length: rows }, (_, row) => Math.floor(row * items.length / rows)));
  return items.filter((_, i) => chosen.has(i));
}

async function original(store: PixelStore, image: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(store.stride);
  await store.batch([image], bytes);
  return bytes.subarray(0, store.height * store.width * 3);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
