/** `deno task train`: data, network, loop, scores, report. */
import { itemAt } from "../engine/item_at.ts";
import type { Device } from "../engine/mod.ts";
import { ALONE, type Ranks, rankZeroFirst } from "../ranks/mod.ts";
import { PRETRAINED } from "../train/pretrained_file.ts";
import { RunFolder, writeFile } from "../train/run_folder.ts";
import { requireSameRun } from "../train/same_run.ts";
import { Trainer } from "../train/trainer.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { UsageError } from "./flags.ts";
import { workOnDevice } from "./lost_device.ts";
import { distributedIn, onRanks, requireSameFlags, sayAdapters } from "./on_ranks.ts";
import type { NamedTest } from "./people.ts";
import { trainEpochs } from "./train_epochs.ts";
import { parseTrainFlags, type TrainFlags } from "./train_flags.ts";
import { findPeople, resumeRun, type Run, startRun } from "./train_run.ts";
import { baselines, scoreRun } from "./train_scores.ts";
import { describePretrained, describeRun, pretrainedNotes } from "./train_text.ts";
import { tuner } from "./tuning.ts";

/** What helps after the device was lost. */
export const WHEN_LOST =
  "What was saved is intact: a run that has a checkpoint goes on from it with --resume, and with --on-device-lost retry " +
  "by itself.";

const WHEN_LOST_ON_RANKS =
  "What was saved is intact: a run that has a checkpoint goes on from it with --resume.";

/** Flags that may differ between ranks: files, which may lie elsewhere on another machine. */
const PATHS = ["data", "out", "resume", "cache", "weights", "initialWeights"];

/**
 * Parses the flags, trains, and returns the exit code.
 *
 * @param gpu provides the devices; `navigator.gpu` if omitted.
 */
export async function main(args: string[], gpu?: Pick<GPU, "requestAdapter">): Promise<number> {
  return await onRanks(
    distributedIn(args),
    (ranks) => trainOnRanks(parseTrainFlags(args), ranks, gpu),
    WHEN_LOST_ON_RANKS,
  );
}

async function trainOnRanks(
  flags: TrainFlags,
  ranks: Ranks,
  gpu: Pick<GPU, "requestAdapter"> | undefined,
): Promise<number> {
  const { options, ...others } = flags;
  await requireSameFlags(ranks, { ...options, ...others }, PATHS);
  if (ranks !== ALONE && flags.onDeviceLost === "retry") {
    throw new UsageError("--on-device-lost retry is for one process: the ranks of a job end together");
  }
  const run = await rankZeroFirst(
    ranks,
    () => flags.resume === undefined ? startRun(flags, ranks) : resumeRun(flags, flags.resume, ranks),
  );
  if (run.pretrained) {
    console.log(describePretrained(run.pretrained, run.config.options));
    for (const note of pretrainedNotes(run.pretrained)) console.error(`note: ${printable(note)}`);
  }
  try {
    return await workOnDevice({
      gpu,
      cache: flags.cache,
      onLost: flags.onDeviceLost,
      saved: () => run.newest?.checkpoint.step ?? 0,
      work: (device) => trainOn(device, flags, run),
    });
  } catch (error) {
    run.folder?.abandon();
    throw error;
  } finally {
    run.folder?.lock.close();
  }
}

/** Does on a device what is left to do of a run. */
async function trainOn(device: Device, flags: TrainFlags, run: Run): Promise<number> {
  const { config, pretrained, ranks } = run;
  const isFirst = run.people === undefined;
  await sayAdapters(ranks, device.adapter.name);
  if (isFirst && device.adapter.software) {
    console.error(`note: ${device.adapter.name} is a software adapter: the CPU does the work of a GPU`);
  }
  const { dataset, store, tests, trained } = run.people ??= await rankZeroFirst(
    ranks,
    () => findPeople(run, flags.cache),
  );
  const trainer = await Trainer.open({
    device,
    options: config.options,
    people: dataset.train,
    trained,
    store,
    resume: run.newest,
    pretrained: pretrained?.backbone.values,
    tuner: flags.tune ? tuner(device, flags.cache) : undefined,
    ranks,
  });
  run.config = { ...config, options: trainer.options };
  try {
    if (isFirst) {
      for (const note of trainer.sampler.notes) console.error(`note: ${note}`);
      console.log(describeRun(trainer));
    }
    await requireSameRun(trainer, tests.map(({ benchmark }) => benchmark));
    run.before ??= await eachTest(
      tests,
      ({ benchmark }) => baselines(trainer, benchmark, flags.testFlip, pretrained),
    );
    if (ranks.rank === 0 && !run.folder) {
      run.folder = await RunFolder.create(flags.out, run.config);
      if (pretrained) await writeFile(run.folder.path, PRETRAINED, pretrained.bytes);
    }
    const { finished, notes } = await trainEpochs(trainer, flags, run);
    if (!finished) {
      console.log(
        `Stopped after step ${trainer.step} of ${trainer.steps}. Go on with --resume ${run.folder?.path}`,
      );
      return EXIT.interrupted;
    }
    const { before } = run;
    await eachTest(
      tests,
      (test, i) =>
        scoreRun(
          trainer,
          run.folder?.path,
          test,
          itemAt(before, i),
          notes,
          flags.testFlip,
          run.newest?.checkpoint.thresholds,
        ),
    );
    return EXIT.done;
  } finally {
    trainer.destroy();
  }
}

/** One after the other. */
async function eachTest<T>(
  tests: readonly NamedTest[],
  work: (test: NamedTest, index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const [i, test] of tests.entries()) results.push(await work(test, i));
  return results;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args, WHEN_LOST));
