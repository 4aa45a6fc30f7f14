/** `deno task synth`: draws synthetic people as JPEG files in Market-1501's layout. */
import { SYNTHETIC_SETS, type SyntheticOptions } from "../data/synthetic/options.ts";
import { writeSyntheticPeople } from "../data/synthetic/write.ts";
import { keysOf } from "../model/settings.ts";
import { EXIT, runCommand } from "./command.ts";
import { type FlagTable, parseFlags } from "./flags.ts";
import { workerCount } from "./people.ts";
import { withProgress } from "./progress.ts";

const COMMAND = {
  usage: "deno task synth",
  summary:
    "Draws synthetic pedestrians seen by several cameras: JPEG files in Market-1501's folders and names.",
  examples: [
    ["deno task synth --out people", "the set that training uses when no data is given"],
    ["deno task synth --out many --train-identities 400 --distractors 2000", "a larger set"],
    ["deno task synth --out hard --set benchmark", "the harder set, for comparing settings"],
  ],
} as const;

const FLAGS = {
  out: {
    type: "string",
    value: "DIR",
    required: true,
    help: "Folder to write: a new one, or one with synthetic people.",
  },
  set: {
    type: "choice",
    choices: keysOf(SYNTHETIC_SETS),
    default: "default",
    help:
      "The options that the other flags change. default: those of training without --data. benchmark: more people, " +
      "harder to tell apart, and two of the six cameras unseen in training.",
  },
  seed: { type: "integer", min: 0, help: "Equal seeds give equal bytes." },
  trainIdentities: { type: "integer", min: 2, max: 5000, help: "People to train on." },
  testIdentities: { type: "integer", min: 1, max: 4999, help: "Other people to test on." },
  cameras: { type: "integer", min: 2, max: 64, help: "Cameras, each with different light and background." },
  trainCameras: {
    type: "integer",
    min: 1,
    max: 64,
    help:
      "How many cameras training images are from, counted from the first; with --cameras, all by default.",
  },
  distractors: { type: "integer", min: 0, help: "Distractors: gallery images of people without queries." },
  junk: { type: "integer", min: 0, help: "Junk: gallery images that scoring leaves out." },
} as const satisfies FlagTable;

/** Parses the flags, draws, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { out, set, ...flags } = parseFlags(COMMAND, FLAGS, args);
  const options = changedSet(set, flags);
  const count = await withProgress(
    "Drawing synthetic people",
    "images",
    (onProgress) => writeSyntheticPeople(out, options, { workers: workerCount(), onProgress }),
  );
  console.log(`${count} images in ${out}. Train on them with: deno task train --data ${out}`);
  return EXIT.done;
}

/** The options of a set, replaced by those that are given. */
function changedSet(
  set: keyof typeof SYNTHETIC_SETS,
  given: { readonly [Name in keyof SyntheticOptions]?: SyntheticOptions[Name] },
): Partial<SyntheticOptions> {
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { trainCameras, ...options } = SYNTHETIC_SETS[set];
  return { ...options, ...(given.cameras === undefined && { trainCameras }), ...changes };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
