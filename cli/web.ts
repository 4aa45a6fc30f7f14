/** `deno task web`: builds the pages that run in a browser, and serves them to this machine. */
import type { ReidDataset } from "../data/dataset.ts";
import { inGroup } from "../model/settings.ts";
import type { TrainedModel } from "../model/trained_model.ts";
import { DEMO_IN_WORDS } from "../train/demo/demo.ts";
import { RunError } from "../train/errors.ts";
import { readTrainedModel } from "../train/trained_model_file.ts";
import { buildPages } from "../web/build.ts";
import { chooseGallery, type GalleryChoice } from "../web/gallery_choice.ts";
import { writeGallery } from "../web/gallery.ts";
import { type RunningServer, serveFolder } from "../web/serve.ts";
import { EXIT, runCommand } from "./command.ts";
import { defaultNetwork, OPTIONAL_CHECKPOINT_FLAG } from "./default_network.ts";
import { openDevice } from "./device.ts";
import { type FlagTable, type FlagValues, parseFlags } from "./flags.ts";
import { STOP_SIGNALS } from "./interrupt.ts";
import { openPeople, workerCount } from "./people.ts";
import { withProgress } from "./progress.ts";
import { CACHE_FLAG, DATA_FLAG, NAMES_FLAGS } from "./shared_flags.ts";

const COMMAND = {
  usage: "deno task web",
  summary:
    "Builds pages that compute on the visitor's GPU (search, live training, a playground for the engine) and serves " +
    "them to this machine. They upload nothing: a picture that a visitor drops there stays in the browser.",
  examples: [
    [
      "deno task web",
      "the newest checkpoint of runs/hard, or before training a demonstration, and the people of the test",
    ],
    ["deno task web --checkpoint runs/mine --gallery people", "another run, and your own people"],
    ["deno task web --out site --no-serve", "only the files, for any static web server"],
  ],
} as const;

const FLAGS = {
  checkpoint: { ...OPTIONAL_CHECKPOINT_FLAG, group: "Search" },
  gallery: {
    ...DATA_FLAG,
    group: "Search",
    help:
      `${DATA_FLAG.help} Its test people are searched; without it, synthetic ones. The pictures become part of the site.`,
  },
  ...inGroup("Search", NAMES_FLAGS),
  images: {
    type: "integer",
    min: 1,
    default: 2000,
    group: "Search",
    help: "The most gallery pictures, spread over the dataset.",
  },
  queries: {
    type: "integer",
    min: 0,
    max: 100,
    default: 12,
    group: "Search",
    help: "Sample queries on the page, of different people.",
  },
  cache: { ...CACHE_FLAG, group: "Search" },
  out: {
    type: "string",
    value: "DIR",
    default: "web-dist",
    group: "Site",
    help: "Folder to write: a new or empty one, or an earlier site, which is replaced.",
  },
  port: {
    type: "integer",
    min: 0,
    max: 65535,
    default: 8000,
    group: "Site",
    help: "Port of the server on 127.0.0.1; 0 takes any free port.",
  },
  serve: {
    type: "boolean",
    default: true,
    group: "Site",
    help: "Serves the site until Ctrl-C; --no-serve only writes the files.",
  },
} as const satisfies FlagTable;

/** Parses the flags, builds and serves the site, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const source = await readSource(flags); // Before an earlier site is replaced.
  const built = await buildPages(flags.out);
  const scripts = built.filter(({ name }) => name.endsWith(".js"));
  console.log(
    `${flags.out}: ${built.length} files; scripts, shaders included: ` +
      scripts.map(({ name, bytes }) => `${name} ${(bytes / 1024).toFixed(0)} KiB`).join(", "),
  );
  await addGallery(source, flags.out);
  if (!flags.serve) return EXIT.done;
  const server = await serveFolder(flags.out, flags.port);
  console.log(`Serving at ${server.url} to this machine only; Ctrl-C stops`);
  await interrupted(server);
  return EXIT.done;
}

/** The contents of the search page. */
interface Source {
  readonly model: TrainedModel;
  readonly isDemo: boolean;
  readonly dataset: ReidDataset;
  readonly chosen: GalleryChoice;
}

async function readSource(flags: FlagValues<typeof FLAGS>): Promise<Source> {
  const { model, path, isDemo } = await readTrainedModel(flags.checkpoint ?? await defaultNetwork());
  console.log(`Network: ${path}, ${model.step} steps`);
  const dataset = await openPeople(
    { ...flags, data: flags.gallery ?? "synthetic:default" },
    flags.cache,
  );
  const chosen = chooseGallery(dataset, flags);
  if (chosen.gallery.length > 0) return { model, isDemo, dataset, chosen };
  throw new RunError(
    `${dataset.root} has no gallery pictures to search. Name another folder with --gallery.`,
  );
}

async function addGallery({ model, isDemo, dataset, chosen }: Source, out: string): Promise<void> {
  using device = await openDevice();
  const { description, failed } = await withProgress(
    "Embedding the gallery",
    "images",
    (onProgress) =>
      writeGallery(out, device, model, dataset, chosen, {
        workers: workerCount(),
        onProgress,
        ...(isDemo && { network: DEMO_IN_WORDS }),
      }),
  );
  for (const { path, reason } of failed) console.error(`warning: skipped ${path}: ${reason}`);
  const { images, queries } = description;
  console.log(`Gallery: ${images.length} pictures, copied into ${out}; ${queries.length} sample queries`);
}

/** Waits for Ctrl-C or a request to end, then stops the server. */
async function interrupted(server: RunningServer): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, resolve);
  });
  await server.stop();
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
