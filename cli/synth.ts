/** `deno task synth`: draws synthetic people as JPEG files in Market-1501's layout. */
import { DEFAULT_SYNTHETIC } from "../data/synthetic/options.ts";
import { writeSyntheticPeople } from "../data/synthetic/write.ts";
import { EXIT, runCommand } from "./command.ts";
import { defineFlags, parseFlags, UsageError } from "./flags.ts";
import { lazyProgress, workerCount } from "./people.ts";

const COMMAND = {
  usage: "deno task synth",
  summary:
    "Draws synthetic pedestrians seen by several cameras: JPEG files in Market-1501's folders and names.",
  examples: [
    ["deno task synth --out people", "the set that training uses when no data is given"],
    ["deno task synth --out many --train-identities 400 --distractors 2000", "a larger one"],
  ],
} as const;

const D = DEFAULT_SYNTHETIC;
const FLAGS = defineFlags({
  out: {
    type: "string",
    value: "DIR",
    help: "Folder to write; must not exist, or hold synthetic people already.",
  },
  seed: { type: "integer", min: 0, default: D.seed, help: "Equal seeds give equal bytes." },
  "train-identities": {
    type: "integer",
    min: 2,
    max: 5000,
    default: D.trainIdentities,
    help: "People to train on.",
  },
  "test-identities": {
    type: "integer",
    min: 1,
    max: 4999,
    default: D.testIdentities,
    help: "Other people to test on.",
  },
  cameras: {
    type: "integer",
    min: 2,
    max: 64,
    default: D.cameras,
    help: "Cameras, each with its own light and place.",
  },
  "train-cameras": {
    type: "integer",
    min: 1,
    max: 64,
    help: "The first so many cameras see training; all by default.",
  },
  distractors: {
    type: "integer",
    min: 0,
    default: D.distractors,
    help: "Gallery images of nobody in particular.",
  },
  junk: { type: "integer", min: 0, default: D.junk, help: "Gallery boxes that are not to count." },
});

/** Parses the flags, draws, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { out, trainCameras, ...options } = parseFlags(COMMAND, FLAGS, args);
  if (out === undefined) throw new UsageError("--out is needed: the folder to write, such as people");
  const display = lazyProgress("Drawing synthetic people", "images");
  const count = await writeSyntheticPeople(
    out,
    { ...options, ...(trainCameras !== undefined && { trainCameras }) },
    { workers: workerCount(), onProgress: (done, total) => display.update(done, total) },
  ).finally(() => display.finish());
  console.log(`${count} images in ${out}. Train on them with: deno task train --data ${out}`);
  return EXIT.done;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
