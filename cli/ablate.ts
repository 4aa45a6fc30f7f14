/** `deno task ablate`: trains a grid of settings with several seeds, and writes their scores as a table and plots. */
import { join } from "node:path";
import { describeDataset } from "../data/dataset.ts";
import { DataError } from "../data/errors.ts";
import { cameraGroups } from "../eval/camera_groups.ts";
import type { Target } from "../kernels/mod.ts";
import { codeDigest, datasetDigest, writeCell } from "../train/ablation/cell_files.ts";
import { writeResults } from "../train/ablation/results.ts";
import { optionsFor } from "../train/options.ts";
import { parseAblateFlags } from "./ablate/flags.ts";
import { BASE } from "./ablate/grid.ts";
import { type OpenGrid, openGrid } from "./ablate/open_grid.ts";
import { runCells } from "./ablate/run_cells.ts";
import { EXIT, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { makeFolder } from "./output.ts";
import { openPeople, openPixels } from "./people.ts";
import { progress } from "./progress.ts";
import { STOP_SIGNALS } from "./interrupt.ts";

/** Parses the flags, runs what is not finished yet, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseAblateFlags(args);
  const { out, data, layout, cache, rows, seeds, steps } = flags;
  await makeFolder(join(out, "cells"));
  const dataset = await openPeople({ data, layout }, cache);
  if (cameraGroups(dataset).length === 0) {
    throw new DataError(
      "A grid is scored on cameras of training and on others, each time on two at least with a query among them: this " +
        "dataset has neither. Score single runs with deno task train.",
    );
  }
  // Decoded once, before several processes would.
  for (const part of ["train", "test"] as const) {
    await openPixels(dataset, part, flags.optionsOf(BASE, 1), cache);
  }
  const digests = { code: await codeDigest(), data: await datasetDigest(dataset) };
  const { target, ...parallel } = await parallelism(flags.jobs, cache);
  const optionsOf: typeof flags.optionsOf = (row, seed) => optionsFor(target, flags.optionsOf(row, seed));
  const grid = await openGrid({ ...flags, optionsOf }, digests);

  console.log(
    `${grid.cells.length} runs for ${rows.length} rows and ${seeds.length} seeds, ${grid.finished.size} of them ` +
      `finished before; ${parallel.jobs} at a time`,
  );
  const write = () =>
    writeResults(out, grid.rows(), {
      data: describeDataset(dataset),
      steps,
      seeds,
      flags: flags.shared,
      notes: grid.notes,
    });
  const failures = await runUnfinished(grid, parallel, digests, write);
  if (failures === undefined) {
    console.error(
      `\nStopped: ${grid.finished.size} of ${grid.cells.length} runs are kept in ${out}; the same command goes on`,
    );
    return EXIT.interrupted;
  }
  if (grid.finished.size > 0) console.log(`\n${await write()}\nTable and plots: ${out}`);
  return failures > 0 ? EXIT.failed : EXIT.done;
}

/** The number of runs that failed; undefined when Ctrl-C ended them. */
async function runUnfinished(
  { cells, finished }: OpenGrid,
  parallel: { jobs: number; threads?: number },
  digests: { code: string; data: string },
  write: () => Promise<unknown>,
): Promise<number | undefined> {
  const waiting = cells.filter(({ path }) => !finished.has(path));
  if (waiting.length === 0) return 0;
  let failures = 0;
  const shares = new Map<string, number>();
  const display = progress({
    label: "Ablation",
    total: cells.length,
    unit: "runs",
    start: finished.size,
    lineSeconds: 30,
    rateSeconds: 900,
  });
  const before = finished.size;
  const update = (path: string, share: number) => {
    shares.set(path, share);
    const done = before + shares.values().reduce((sum, each) => sum + each, 0);
    display.update(Math.round(1000 * done) / 1000);
  };
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, onSignal);
  let written: Promise<unknown> = Promise.resolve(); // One after the other: they write the same files.
  try {
    await runCells(waiting, {
      ...parallel,
      signal: stop.signal,
      onProgress: ({ path }, share) => update(path, share),
      onResult: async ({ path, options }, result) => {
        await writeCell(path, { ...digests, options, result });
        finished.set(path, result);
        update(path, 1);
        await (written = written.then(write));
      },
      onFailure: ({ path, options }, message) => {
        failures++;
        update(path, 1);
        console.error(`\nA run failed (loss ${options.loss}, seed ${options.seed}): ${message}`);
      },
    });
  } finally {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, onSignal);
    display.finish();
  }
  return stop.signal.aborted ? undefined : failures;
}

/**
 * The adapter's class, runs at a time, and threads of a software adapter in each of them: processes with one core each
 * get more done than one process with all.
 */
async function parallelism(
  asked: number | undefined,
  cache: string,
): Promise<{ target: Target; jobs: number; threads?: number }> {
  using device = await openTestedDevice(cache);
  const { adapter: { software }, target } = device;
  const cores = navigator.hardwareConcurrency;
  const jobs = asked ?? (software ? cores : 1);
  if (!software || jobs === 1) return { target, jobs };
  return { target, jobs, threads: Math.max(1, Math.floor(cores / jobs)) };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
