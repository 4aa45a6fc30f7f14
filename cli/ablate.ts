/** `deno task ablate`: trains a grid of settings with several seeds, and writes their scores as a table and plots. */
import { join } from "node:path";
import { describeDataset } from "../data/dataset.ts";
import { Device } from "../engine/mod.ts";
import type { CellResult } from "../train/ablation/cell.ts";
import { cellName, codeDigest, datasetDigest, readCell, writeCell } from "../train/ablation/cell_files.ts";
import { ablationPage, ablationPlot } from "../train/ablation/plots.ts";
import { summarise } from "../train/ablation/summary.ts";
import { ablationTable, type AblationTerms } from "../train/ablation/table.ts";
import type { TrainingOptions } from "../train/options.ts";
import { writeWhole } from "../train/write_whole.ts";
import { baseFlags, EPOCHS, GRID, type GridRow } from "./ablate/grid.ts";
import type { CellRequest } from "./ablate/cell_process.ts";
import { runCells } from "./ablate/run_cells.ts";
import { EXIT, runCommand } from "./command.ts";
import { defineFlags, parseFlags, UsageError } from "./flags.ts";
import { openPeople, openPixels } from "./people.ts";
import { progress } from "./progress.ts";
import { parseWithRecipe } from "./train_flags/recipe.ts";
import { SETTING_FLAGS, TRAIN_COMMAND, trainingOptions } from "./train_flags.ts";

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
    default: 300,
    help: `Training steps of every run: a multiple of ${EPOCHS}, as a run has ${EPOCHS} epochs.`,
  },
  seeds: { type: "string", value: "LIST", default: "1,2,3", help: "Seeds of every row." },
  only: {
    type: "string",
    value: "NAMES",
    help: "Only rows whose names contain one of these, separated by commas; the base always comes along.",
  },
  base: {
    type: "string",
    value: "FLAGS",
    help: "Flags of deno task train that every row begins with, as --base='--width 1 ...'.",
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

/** A run of the grid. Rows that differ in their scoring alone share it. */
interface Cell extends CellRequest {
  readonly path: string;
}

/** Parses the flags, runs what is not finished yet, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const { out, data, cache, steps } = flags;
  if (steps % EPOCHS !== 0) {
    throw new UsageError(
      `--steps must be a multiple of ${EPOCHS}, as a run has ${EPOCHS} epochs; got ${steps}`,
    );
  }
  const seeds = parseSeeds(flags.seeds);
  const rows = chooseRows(flags.only);
  const shared = [...baseFlags(steps), ...(flags.base?.trim().split(/\s+/) ?? [])];
  const optionsOf = (row: GridRow, seed: number): TrainingOptions => {
    const given = parseWithRecipe(TRAIN_COMMAND, SETTING_FLAGS, [
      ...shared,
      ...row.flags,
      "--seed",
      String(seed),
    ]);
    if (given.weights !== undefined) {
      throw new UsageError("The runs of a grid begin with weights drawn at random: leave out --weights");
    }
    return trainingOptions(given);
  };
  rows.forEach((row) => optionsOf(row, seeds[0]!)); // A mistake in --base is said before anything is drawn.

  const dataset = await openPeople(data, cache);
  const size = imageSize(optionsOf(rows[0]!, seeds[0]!));
  // Drawn and decoded once, before several processes would.
  await openPixels(dataset.train, "train", size, dataset.root, cache);
  await openPixels([...dataset.query, ...dataset.gallery], "test", size, dataset.root, cache);
  const digests = { code: await codeDigest(), data: await datasetDigest(dataset) };
  const cellsFolder = join(out, "cells");
  await Deno.mkdir(cellsFolder, { recursive: true });

  // Seed by seed, so that all rows can be compared early. By path, so that what rows share is there once.
  const cells = new Map<string, Cell>();
  const pathsOf = new Map<GridRow, string[]>(rows.map((row) => [row, []]));
  for (const seed of seeds) {
    for (const row of rows) {
      const options = optionsOf(row, seed);
      const path = join(cellsFolder, await cellName(options, digests.data));
      cells.set(path, { options, data, cache, path });
      pathsOf.get(row)!.push(path);
    }
  }
  const finished = new Map<string, CellResult>();
  let otherCode = 0;
  for (const path of cells.keys()) {
    const stored = await readCell(path);
    if (stored === undefined) continue;
    const sameCode = stored.code === digests.code;
    if (!sameCode && !flags.anyCode) continue;
    if (!sameCode) otherCode++;
    finished.set(path, stored.result);
  }

  const write = async () => {
    const summary = summarise(rows.map((row) => ({
      name: row.name,
      change: `\`${row.flags.join(" ")}\``,
      source: row.source,
      scoring: row.scoring ?? "plain",
      cells: pathsOf.get(row)!.flatMap((path) => finished.get(path) ?? []),
    })));
    const notes = otherCode === 0 ? [] : [
      `${otherCode} of ${cells.size} runs were made by another version of the program's code.`,
    ];
    const adapters = [...new Set([...finished.values()].map(({ adapter }) => adapter))].join(" and ");
    const terms: AblationTerms = {
      data: describeDataset(dataset),
      steps,
      seeds,
      flags: shared.join(" "),
      adapter: adapters,
      notes,
    };
    const table = ablationTable(summary, terms);
    const plots = [ablationPlot(summary, "mAP"), ablationPlot(summary, "rank1")] as const;
    const save = (name: string, text: string) => writeWhole(join(out, name), new TextEncoder().encode(text));
    await save("table.md", table);
    await save("mAP.svg", plots[0]);
    await save("rank-1.svg", plots[1]);
    await save("ablation.html", ablationPage("Ablation", terms.data, plots));
    return table;
  };

  const { jobs, threads } = await parallelism(flags.jobs);
  const waiting = [...cells.values()].filter(({ path }) => !finished.has(path));
  console.log(
    `${cells.size} runs for ${rows.length} rows and ${seeds.length} seeds, ${finished.size} of them finished ` +
      `before; ${jobs} at a time`,
  );
  const failed = waiting.length === 0 ? 0 : await runWaiting(waiting);
  if (failed === undefined) {
    console.error(
      `\nStopped: ${finished.size} of ${cells.size} runs are kept in ${out}; the same command goes on`,
    );
    return EXIT.interrupted;
  }
  if (finished.size > 0) console.log(`\n${await write()}\nTable and plots: ${out}`);
  return failed > 0 ? EXIT.failed : EXIT.done;

  /** The number of runs that failed; undefined when Ctrl-C ended them. */
  async function runWaiting(waiting: readonly Cell[]): Promise<number | undefined> {
    let failures = 0;
    const shares = new Map<string, number>();
    const before = cells.size - waiting.length;
    const display = progress({
      label: "Ablation",
      total: cells.size,
      unit: "runs",
      start: before,
      lineSeconds: 30,
      rateSeconds: 900,
    });
    const update = (path: string, share: number) => {
      shares.set(path, share);
      const done = before + shares.values().reduce((sum, each) => sum + each, 0);
      display.update(Math.round(1000 * done) / 1000);
    };
    const stop = new AbortController();
    const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
    const onSignal = () => stop.abort();
    for (const signal of signals) Deno.addSignalListener(signal, onSignal);
    try {
      await runCells(waiting, {
        jobs,
        threads,
        signal: stop.signal,
        onProgress: ({ path }, share) => update(path, share),
        onResult: async ({ path, options }, result) => {
          await writeCell(path, { ...digests, options, result });
          finished.set(path, result);
          update(path, 1);
          await write();
        },
        onFailure: ({ path, options }, message) => {
          failures++;
          update(path, 1);
          console.error(`\nA run failed (loss ${options.loss}, seed ${options.seed}): ${message}`);
        },
      });
    } finally {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
      display.finish();
    }
    return stop.signal.aborted ? undefined : failures;
  }
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
  const missing = parts.find((part) => !GRID.some(({ name }) => name.toLowerCase().includes(part)));
  if (missing !== undefined || parts.length === 0) {
    throw new UsageError(
      `--only: no row is called '${missing ?? only}'; there are ${GRID.map(({ name }) => name).join("; ")}`,
    );
  }
  return [base!, ...others.filter(({ name }) => parts.some((part) => name.toLowerCase().includes(part)))];
}

const imageSize = ({ imageHeight: height, imageWidth: width }: TrainingOptions) => ({ height, width });

/**
 * Runs at a time, and threads of a software adapter in each of them: processes with one core each get more done than
 * one process with all.
 */
async function parallelism(asked: number | undefined): Promise<{ jobs: number; threads?: number }> {
  const device = await Device.open();
  const { software } = device.adapter;
  device.destroy();
  const cores = navigator.hardwareConcurrency;
  const jobs = asked ?? (software ? cores : 1);
  return software && jobs > 1 ? { jobs, threads: Math.max(1, Math.floor(cores / jobs)) } : { jobs };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
