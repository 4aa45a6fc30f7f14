/** The flags of `deno task ablate`, and the runs that they ask for. */
import { FLAG_SETTINGS, type TrainingOptions } from "../../train/options.ts";
import { asFlags, type FlagTable, type FlagValues, parseFlags, parseGiven, UsageError } from "../flags.ts";
import { CACHE_FLAG, LAYOUT_FLAG } from "../shared_flags.ts";
import { settingsFrom, TRAIN_COMMAND } from "../train_flags.ts";
import { BASE, baseSettings, CHANGES, EPOCHS, type GridRow } from "./grid.ts";

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

const FLAGS = {
  out: {
    type: "string",
    value: "DIR",
    default: "runs/ablation",
    help: "Folder of the results. Runs that are finished there are not repeated.",
  },
  data: {
    type: "string",
    value: "DIR",
    default: "synthetic:benchmark",
    help: "Dataset, as deno task train takes it.",
  },
  layout: LAYOUT_FLAG,
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
    help: "Only rows whose names begin with one of these, separated by commas, and the base.",
  },
  base: {
    type: "string",
    value: "FLAGS",
    help:
      "Flags of deno task train for every row, as --base='--width 1 ...', except the loss, the steps and the seeds.",
  },
  jobs: {
    type: "integer",
    min: 1,
    max: 64,
    help:
      "Runs at a time, each in its own process; by default one on a GPU, one for every core on a software adapter.",
  },
  anyCode: {
    type: "boolean",
    help: "Also uses runs that another version of the program's code has finished; the table says so.",
  },
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** What the flags of `deno task ablate` ask for. */
export interface AblateFlags extends Omit<FlagValues<typeof FLAGS>, "seeds"> {
  readonly seeds: readonly number[];
  /** The base first. */
  readonly rows: readonly GridRow[];
  /** Flags of `deno task train` that all rows have. */
  readonly shared: string;
  /** The settings of a row's run. */
  optionsOf(row: GridRow, seed: number): TrainingOptions;
}

/** Settings that `--base` cannot hold: rows, `--steps` and `--seeds` decide them. */
const DECIDED = ["loss", "seed", "epochs", "batchesPerEpoch"];

/**
 * Parses the arguments of `deno task ablate`.
 *
 * @throws {UsageError} for a mistake in them, also in the flags of `--base`.
 */
export function parseAblateFlags(args: readonly string[]): AblateFlags {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const { steps } = flags;
  if (steps % EPOCHS !== 0) {
    throw new UsageError(
      `--steps must be a multiple of ${EPOCHS}, as a run has ${EPOCHS} epochs; got ${steps}`,
    );
  }
  const base = parseGiven(TRAIN_COMMAND, FLAG_SETTINGS, flags.base?.trim().split(/\s+/) ?? []);
  const decided = Object.fromEntries(Object.entries(base).filter(([key]) => DECIDED.includes(key)));
  if (Object.keys(decided).length > 0) {
    throw new UsageError(
      `--base cannot hold ${
        asFlags(decided)
      }: rows have their losses, --steps gives the length and --seeds the seeds`,
    );
  }
  const rows = chooseRows(flags.only);
  const budget = baseSettings(steps);
  const optionsOf = (row: GridRow, seed: number) =>
    settingsFrom({ ...budget, ...row.defaults, ...base, ...row.settings, seed });
  for (const row of rows) optionsOf(row, 1); // Reports a mistake in --base before any work.
  const shared = asFlags({ ...budget, ...base });
  return { ...flags, seeds: parseSeeds(flags.seeds), rows, shared, optionsOf };
}

function parseSeeds(text: string): number[] {
  const seeds = text.split(",").map((part) => /^\d{1,10}$/.test(part.trim()) ? Number(part) : NaN);
  if (seeds.some(Number.isNaN) || new Set(seeds).size < seeds.length) {
    throw new UsageError(`--seeds must be different whole numbers, such as 1,2,3; got '${text}'`);
  }
  return seeds;
}

/** The base, and the other rows that are asked for. */
function chooseRows(only: string | undefined): readonly GridRow[] {
  const parts = only?.split(",").map((part) => part.trim().toLowerCase()).filter(Boolean) ?? [""];
  const begins = ({ name }: GridRow, part: string) => name.toLowerCase().startsWith(part);
  const missing = parts.find((part) => ![BASE, ...CHANGES].some((row) => begins(row, part)));
  if (missing !== undefined || parts.length === 0) {
    const names = [BASE, ...CHANGES].map(({ name }) => name).join("; ");
    throw new UsageError(`--only: no row is called '${missing ?? only}'; choose from ${names}`);
  }
  return [BASE, ...CHANGES.filter((row) => parts.some((part) => begins(row, part)))];
}
