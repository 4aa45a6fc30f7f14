/** `deno task train`: data, network, loop, scores, report. */
import { isDeepStrictEqual } from "node:util";
import type { ReidDataset } from "../data/dataset.ts";
import type { PixelStore } from "../data/pixels.ts";
import type { Device } from "../engine/mod.ts";
import { ALONE, onAnyRank, type Ranks, rankZeroFirst } from "../ranks/mod.ts";
import {
  keepAsBest,
  type LoadedCheckpoint,
  newestCheckpoint,
  saveCheckpoint,
} from "../train/checkpoint_files.ts";
import { itemAt } from "../engine/item_at.ts";
import { RunError } from "../train/errors.ts";
import {
  loadPretrained,
  loadRunsPretrained,
  PRETRAINED,
  type PretrainedFile,
} from "../train/pretrained_file.ts";
import { readConfig, requireFreeFolder, type RunConfig, RunFolder, writeFile } from "../train/run_folder.ts";
import { requireSameRun, takeRankZeros } from "../train/same_run.ts";
import { resumeNotes, testPeopleNote, type TrainedPeople, trainedPeople } from "../train/trained_people.ts";
import { Trainer } from "../train/trainer.ts";
import { Watch } from "../train/watch.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { workOnDevice } from "./lost_device.ts";
import { distributedIn, onRanks, requireSameFlags, sayAdapters } from "./on_ranks.ts";
import {
  dataOf,
  type DataSource,
  dataSource,
  type NamedTest,
  openPeople,
  openPixels,
  openTests,
} from "./people.ts";
import { progress as startProgress } from "./progress.ts";
import { withFlags } from "./remedies.ts";
import { UsageError } from "./flags.ts";
import { parseTrainFlags, type TrainFlags } from "./train_flags.ts";
import { type Baselines, baselines, scoreRun } from "./train_scores.ts";
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

/** People, and their pixels. */
interface People {
  readonly dataset: ReidDataset;
  /** Pixels of the training images. */
  readonly store: PixelStore;
  /** The test of every dataset. */
  readonly tests: readonly NamedTest[];
  /** Who is trained on. */
  readonly trained: TrainedPeople;
}

/** A run that is about to start or to resume. Its state outlives a lost device. */
interface Run {
  /** The first device decides what its settings leave open. */
  config: RunConfig;
  /** The processes that train it; the first one writes. */
  readonly ranks: Ranks;
  /** The backbone's first weights, if they come from a file. */
  readonly pretrained: PretrainedFile | undefined;
  /** Its folder; undefined until a new run has something to keep, and where another rank writes. */
  folder: RunFolder | undefined;
  newest: LoadedCheckpoint | undefined;
  people?: People;
  /** For each test. */
  before?: readonly Baselines[];
}

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
    const { finished, notes } = await train(trainer, flags, run);
    if (!finished) {
      console.log(
        `Stopped after step ${trainer.step} of ${trainer.steps}. Go on with --resume ${run.folder?.path}`,
      );
      return EXIT.interrupted;
    }
    const { before } = run;
    await eachTest(
      tests,
      (test, i) => scoreRun(trainer, run.folder?.path, test, itemAt(before, i), notes, flags.testFlip),
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

/** The people of a run; says what is to be said about them, if it goes on or if some are in the test too. */
async function findPeople(
  { config, newest, ranks }: Run,
  cache: string,
): Promise<People> {
  const { options } = config;
  const dataset = await openPeople(config, cache);
  const store = await openPixels(dataset, "train", options, cache);
  const before = newest?.checkpoint.people;
  const trained = await trainedPeople(dataset, store.usable, before);
  const hasParametersOfPeople = options.idLoss > 0 || options.centerLoss > 0;
  const notes = newest ? resumeNotes(newest.path, before, trained, hasParametersOfPeople) : [];
  const inTest = await testPeopleNote(dataset, trained);
  for (const note of inTest ? [...notes, inTest] : notes) console.error(`note: ${printable(note)}`);
  return { dataset, store, tests: await openTests(dataset, options, cache, ranks), trained };
}

/** With the full paths of the data, so that the run can be evaluated from any folder; a missing one is refused later. */
async function withFullPaths(source: DataSource): Promise<DataSource> {
  if (source.data === undefined) return source;
  const full = (data: string) => Deno.realPath(data).catch(() => data);
  const { data } = source;
  return { ...source, data: typeof data === "string" ? await full(data) : await Promise.all(data.map(full)) };
}

/** A new run; refuses, before any work, what cannot be done. */
async function startRun({ options, out, weights, width, ...flags }: TrainFlags, ranks: Ranks): Promise<Run> {
  if (out !== undefined && ranks.rank === 0) await requireFreeFolder(out);
  const pretrained = weights === undefined ? undefined : await loadPretrained(weights, width);
  const config = {
    options: { ...options, ...pretrained?.options },
    ...await withFullPaths(dataSource(flags, undefined)),
    ...(weights !== undefined && { weights: await Deno.realPath(weights) }),
  };
  return { config, ranks, pretrained, folder: undefined, newest: undefined };
}

/** A run that exists, with its newest checkpoint. */
async function resumeRun(flags: TrainFlags, resume: string, ranks: Ranks): Promise<Run> {
  const folder = ranks.rank === 0 ? await RunFolder.open(resume) : undefined;
  const config = folder?.config ?? await readConfig(resume);
  const { options, weights } = config, source = await withFullPaths(dataSource(flags, config));
  const [data, before] = [source, config].map((of) =>
    dataOf(of).map((one) => one ?? "synthetic people").join(", ")
  );
  if (data !== before) {
    console.error(`note: the run was started on ${before} and goes on with the people in ${data}`);
  }
  const newest = await newestCheckpoint(resume);
  if (newest && !isDeepStrictEqual(newest.checkpoint.options, config.options)) {
    throw new RunError(
      `${newest.path} was made with other settings than those in ${resume}/config.json. Put back the settings that ` +
        "the run was started with, or start a new run with those wanted.",
    );
  }
  const pretrained = await loadRunsPretrained(resume, config.options);
  return {
    config: { options, ...source, ...(weights !== undefined && { weights }) },
    ranks,
    pretrained,
    folder,
    newest,
  };
}

/** Trains epoch by epoch and saves after each, or more often; Ctrl-C stops after the steps under way, and saves. */
async function train(
  trainer: Trainer,
  { checkpointEvery, keep, debugNumerics }: TrainFlags,
  run: Run,
): Promise<{ finished: boolean; notes: string[] }> {
  const { options, sampler } = trainer;
  const { folder, ranks } = run;
  const watch = new Watch({
    margin: options.margin,
    softMargin: options.softMargin,
    normalized: options.normalize && options.neck !== "bnneck",
  });
  const notes: string[] = [...sampler.notes];
  if (trainer.step >= trainer.steps) {
    console.log(`The run in ${folder?.path} is finished: evaluating`);
    return { finished: true, notes };
  }
  using interrupt = listenForInterrupt(() => folder?.abandon());
  if (folder) console.log(`Run in ${folder.path}`);
  // The process may have been killed, or the device lost, between the two.
  if (folder && run.newest && trainer.lastEpochIsBest) await keepAsBest(folder.path, run.newest.path);
  const display = startProgress({
    label: `Training ${options.loss}`,
    total: trainer.steps * sampler.batchImages,
    unit: "images",
    start: trainer.step * sampler.batchImages,
  });
  try {
    while (trainer.step < trainer.steps && !await onAnyRank(ranks, interrupt.requested)) {
      const pause = checkpointEvery > 0
        ? (Math.floor(trainer.step / checkpointEvery) + 1) * checkpointEvery
        : Infinity;
      await trainer.trainEpoch(
        (metrics) => {
          display.update((metrics.step + 1) * sampler.batchImages, {
            epoch: `${Math.floor(metrics.step / sampler.batchesPerEpoch) + 1}/${options.epochs}`,
            loss: metrics.total.toFixed(3),
            active: `${(100 * metrics.active).toFixed(0)} %`,
            "d(a,p)": metrics.positiveDistance.toFixed(3),
            "d(a,n)": metrics.negativeDistance.toFixed(3),
          });
          const warning = watch.step(metrics);
          if (warning) {
            const text = withFlags(warning);
            notes.push(text);
            console.error(`\nwarning: ${text}`);
          }
        },
        () => interrupt.requested || trainer.step >= pause,
        debugNumerics,
      );
      await takeRankZeros(trainer);
      const share = trainer.step < trainer.steps
        ? undefined
        : await trainer.settleStatistics((done, total) =>
          display.update(trainer.step * sampler.batchImages, { "running statistics": `${done}/${total}` })
        );
      if (share !== undefined) {
        const text =
          `the run was short, and ${(100 * share).toFixed(0)} % of what batch norm's running statistics ` +
          "began with was left in them: they are estimated anew from training images";
        notes.push(text);
        console.error(`\nnote: ${text}`);
      }
      if (!folder) continue;
      const checkpoint = await trainer.checkpoint();
      run.newest = { checkpoint, path: await saveCheckpoint(folder.path, checkpoint, keep) };
      if (trainer.lastEpochIsBest) await keepAsBest(folder.path, run.newest.path);
    }
  } finally {
    display.finish();
  }
  return { finished: trainer.step >= trainer.steps, notes: [...notes, ...watch.summary()] };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args, WHEN_LOST));
