/** The flags of `deno task ablate`, and the runs that they ask for. */
import type { TrainingOptions } from "../../train/options.ts";
import { defineFlags, parseFlags, UsageError } from "../flags.ts";
import { SETTING_FLAGS, TRAIN_COMMAND, trainingOptions } from "../train_flags.ts";
import { parseWithRecipe } from "../train_flags/recipe.ts";
import { baseFlags, EPOCHS, GRID, type GridRow } from "./grid.ts";

const COMMAND = {
  usage: "deno task ablate",
  summary:
    "Trains a grid of settings, each one change away from a base, with several seeds and the same number of steps, " +
    "and writes table.md, plots and ablation.html. Finished runs are kept: the same command goes on where it stopped.",
  examples: [
    ["deno task ablate", "the whole grid on the synthetic benchmark, three seeds"],
    ["deno task ablate --only hard,basic --seeds 1 --steps 100", "a quick look at rows that begin so"],
    [
      "deno task ablate --data Market-1501-v15.09.15 --steps 20000 --base='--width 1 --image-height 256 --image-width 128'",
      "on a real dataset, on a GPU",
    ],
  ],
} as const;

const FLAGS = defineFlags({
  out: {
    type: "string",
    value: "DIR",
    default: "runs/ablation",
    help: "Folder of the results; what is finished there is not done again.",
  },
  data: {
    type: "string",
    value: "DIR",
    default: "synthetic:benchmark",
    help: "Dataset, as deno task train takes it.",
  },
  steps: {
    type: "integer",
    min: EPOCHS,
    default: 600,
    help: `Training steps of every run: a multiple of ${EPOCHS}, as a run has ${EPOCHS} epochs.`,
  },
  seeds: { type: "string", value: "LIST", default: "1,2,3", help: "Seeds of every row." },
  only: {
    type: "string",
    value: "NAMES",
    help: "Only rows whose names begin with one of these, separated by commas; the base always comes along.",
  },
  base: {
    type: "string",
    value: "FLAGS",
    help:
      "Flags of deno task train that every row begins with, as --base='--width 1 ...'; a row's loss, the steps and the seeds are not among them.",
  },
  jobs: {
    type: "integer",
    min: 1,
    max: 64,
    help:
      "Runs at a time, each in a process of its own; by default one on a GPU, one for every core on a software adapter.",
  },
  "any-code": {
    type: "boolean",
    help: "Takes finished runs that another version of the program's code has made, too; the table says so.",
  },
  cache: {
    type: "string",
    value: "DIR",
    default: ".cache",
    help: "Where synthetic people and decoded pixels are kept.",
  },
});

/** What the flags of `deno task ablate` ask for. */
export interface AblateFlags {
  readonly out: string;
  readonly data: string;
  readonly cache: string;
  readonly steps: number;
  readonly seeds: readonly number[];
  /** The base first. */
  readonly rows: readonly GridRow[];
  /** Flags of `deno task train` that all rows have. */
  readonly shared: readonly string[];
  readonly jobs: number | undefined;
  readonly anyCode: boolean;
  /** The settings of a row's run. */
  optionsOf(row: GridRow, seed: number): TrainingOptions;
}

/**
 * Parses the arguments of `deno task ablate`.
 *
 * @throws {UsageError} for a mistake in them, also in the flags of `--base`.
 */
export function parseAblateFlags(args: readonly string[]): AblateFlags {
  const { base, only, ...flags } = parseFlags(COMMAND, FLAGS, args);
  if (flags.steps % EPOCHS !== 0) {
    throw new UsageError(
      `--steps must be a multiple of ${EPOCHS}, as a run has ${EPOCHS} epochs; got ${flags.steps}`,
    );
  }
  const seeds = parseSeeds(flags.seeds);
  const rows = chooseRows(only);
  const own = base?.trim().split(/\s+/) ?? [];
  const taken = own.find((flag) => /^--(loss|seed|epochs|batches-per-epoch)(=|$)/.test(flag));
  if (taken !== undefined) {
    throw new UsageError(
      `--base cannot hold ${taken}: rows have their losses, --steps gives the length and --seeds the seeds`,
    );
  }
  const budget = baseFlags(flags.steps);
  const shared = [...budget, ...own];
  const optionsOf = (row: GridRow, seed: number): TrainingOptions => {
    const all = [...budget, ...(row.before ?? []), ...own, ...row.flags, "--seed", String(seed)];
    const given = parseWithRecipe(TRAIN_COMMAND, SETTING_FLAGS, all);
    if (given.weights !== undefined) {
      throw new UsageError("The runs of a grid begin with weights drawn at random: leave out --weights");
    }
    return trainingOptions(given);
  };
  rows.forEach((row) => optionsOf(row, seeds[0]!)); // A mistake in --base is said before anything is drawn.
  return { ...flags, seeds, rows, shared, optionsOf };
}

function parseSeeds(text: string): number[] {
  const seeds = text.split(",").map((part) => /^\d{1,10}$/.test(part.trim()) ? Number(part) : NaN);
  if (seeds.some(Number.isNaN) || new Set(seeds).size < seeds.length) {
    throw new UsageError(
      `--seeds must be different whole numbers with commas between, such as 1,2,3; got '${text}'`,
    );
  }
  return seeds;
}

/** The base, and of the other rows those that are asked for. */
function chooseRows(only: string | undefined): GridRow[] {
  if (only === undefined) return [...GRID];
  const parts = only.split(",").map((part) => part.trim().toLowerCase()).filter(Boolean);
  const [base, ...others] = GRID;
  const missing = parts.find((part) => !GRID.some(({ name }) => name.toLowerCase().startsWith(part)));
  if (missing !== undefined || parts.length === 0) {
    throw new UsageError(
      `--only: no row is called '${missing ?? only}'; there are ${GRID.map(({ name }) => name).join("; ")}`,
    );
  }
  return [base!, ...others.filter(({ name }) => parts.some((part) => name.toLowerCase().startsWith(part)))];
}
