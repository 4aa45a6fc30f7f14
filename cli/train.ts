/** `deno task train`: data, network, loop, scores, report. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ReidDataset } from "../data/dataset.ts";
import type { PixelStore } from "../data/pixels.ts";
import type { Device } from "../engine/mod.ts";
import { Benchmark } from "../eval/benchmark.ts";
import { CONVENTIONS } from "../model/conventions.ts";
import {
  keepAsBest,
  type LoadedCheckpoint,
  newestCheckpoint,
  saveCheckpoint,
} from "../train/checkpoint_files.ts";
import { RunError } from "../train/errors.ts";
import {
  loadPretrained,
  loadRunsPretrained,
  PRETRAINED,
  type PretrainedFile,
} from "../train/pretrained_file.ts";
import { requireFreeFolder, type RunConfig, RunFolder, writeFile } from "../train/run_folder.ts";
import { gatherReport } from "../train/run_report.ts";
import { renderReport } from "../train/report/report.ts";
import { renderRetrievalPicture } from "../train/report/retrieval_picture.ts";
import { type HistoryColumn, historyColumns } from "../train/metrics.ts";
import { Trainer } from "../train/trainer.ts";
import { untrainedModel } from "../train/untrained.ts";
import { Watch } from "../train/watch.ts";
import { EXIT, runCommand } from "./command.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { type ON_DEVICE_LOST, workOnDevice } from "./lost_device.ts";
import { openPeople, openPixels } from "./people.ts";
import { progress as startProgress } from "./progress.ts";
import { withFlags } from "./remedies.ts";
import { scoreCounts, scoreTable } from "./scores.ts";
import { parseTrainFlags, type Saving, type TrainFlags } from "./train_flags.ts";
import { tuner } from "./tuning.ts";

/** What helps after the device was lost. */
export const WHEN_LOST =
  "What was saved is intact: a run that has a checkpoint goes on from it with --resume, and with --on-device-lost retry " +
  "by itself.";

/** A run as it is about to start or go on. */
interface Plan {
  readonly config: RunConfig;
  /** Folder of a new run; undefined for one that is named by the loss. */
  readonly out: string | undefined;
  /** The run that goes on. */
  readonly resumed: { readonly run: RunFolder; readonly newest: LoadedCheckpoint | undefined } | undefined;
  /** What the backbone's first weights are. */
  readonly pretrained: PretrainedFile | undefined;
  readonly cache: string;
  readonly tune: boolean;
  /** Whether embeddings are averaged with those of mirror images when the networks are scored. */
  readonly testFlip: boolean;
  readonly saving: Saving;
  readonly onDeviceLost: typeof ON_DEVICE_LOST[number];
  /** Whether the first operation is named whose results are not finite. */
  readonly debugNumerics: boolean;
}

/** People, and their pixels. */
interface People {
  readonly dataset: ReidDataset;
  /** Of the training images. */
  readonly store: PixelStore;
  readonly benchmark: Benchmark;
}

/** What a run has by now, and keeps where its device is lost. */
interface Progress {
  people: People | undefined;
  before: Baselines | undefined;
  run: RunFolder | undefined;
  newest: LoadedCheckpoint | undefined;
}

/**
 * Parses the flags, trains, and returns the exit code.
 *
 * @param gpu what is asked for devices; `navigator.gpu` where left out.
 */
export async function main(args: string[], gpu?: Pick<GPU, "requestAdapter">): Promise<number> {
  const plan = await planRun(parseTrainFlags(args));
  const { resumed, pretrained, onDeviceLost } = plan;
  if (pretrained) console.log(describePretrained(pretrained));
  const progress: Progress = {
    people: undefined,
    before: undefined,
    run: resumed?.run,
    newest: resumed?.newest,
  };
  try {
    return await workOnDevice({
      gpu,
      onLost: onDeviceLost,
      saved: () => progress.newest?.checkpoint.step ?? 0,
      work: (device) => trainOn(device, plan, progress),
    });
  } catch (error) {
    progress.run?.abandon();
    throw error;
  } finally {
    progress.run?.lock.close();
  }
}

/** Does on a device what is not done yet of a run. */
async function trainOn(device: Device, plan: Plan, progress: Progress): Promise<number> {
  const { config, out, pretrained, cache, tune, testFlip } = plan;
  const isFirst = progress.people === undefined;
  if (isFirst && device.adapter.software) {
    console.error(`note: ${device.adapter.name} is a software adapter: the CPU does the work of a GPU`);
  }
  const { dataset, store, benchmark } = progress.people ??= await findPeople(config, cache);
  const trainer = await Trainer.open(
    device,
    config.options,
    dataset.train,
    store,
    progress.newest,
    tune ? tuner(device, cache) : undefined,
    pretrained?.backbone.values,
  );
  try {
    if (isFirst) {
      for (const note of trainer.sampler.notes) console.error(`note: ${note}`);
      console.log(describeRun(trainer));
    }
    progress.before ??= await baselines(trainer, benchmark, testFlip, pretrained);
    if (!progress.run) {
      progress.run = await RunFolder.create(out, config); // Only now is there something to keep.
      if (pretrained) await writeFile(progress.run.path, PRETRAINED, pretrained.bytes);
    }
    const { run } = progress;
    const { finished, notes } = await train(trainer, run, plan, progress);
    if (!finished) {
      console.log(`Stopped after step ${trainer.step} of ${trainer.steps}. Go on with --resume ${run.path}`);
      return EXIT.interrupted;
    }
    await finish(trainer, run.path, dataset, benchmark, progress.before, notes, testFlip);
    return EXIT.done;
  } finally {
    trainer.destroy();
  }
}

async function findPeople({ data, options }: RunConfig, cache: string): Promise<People> {
  const dataset = await openPeople(data, cache);
  const size = { height: options.imageHeight, width: options.imageWidth };
  const store = await openPixels(dataset.train, "train", size, dataset.root, cache);
  const test = [...dataset.query, ...dataset.gallery];
  const testStore = await openPixels(test, "test", size, dataset.root, cache);
  return { dataset, store, benchmark: new Benchmark(dataset, testStore) };
}

/** What the user wants; refuses, before any work, what cannot be. */
async function planRun({ out, resume, ...flags }: TrainFlags): Promise<Plan> {
  const { cache, tune, testFlip, saving, onDeviceLost, debugNumerics } = flags;
  const common = { cache, tune, testFlip, saving, onDeviceLost, debugNumerics };
  // Kept whole, so that the run can be evaluated from anywhere. What is missing is refused when it is read.
  const data = flags.data === undefined ? undefined : await Deno.realPath(flags.data).catch(() => flags.data);
  if (resume === undefined) {
    if (out !== undefined) await requireFreeFolder(out);
    const { weights, width } = flags;
    const pretrained = weights === undefined ? undefined : await loadPretrained(weights, width);
    const options = { ...flags.options, ...pretrained?.options };
    const config = {
      options,
      ...(data !== undefined && { data }),
      ...(weights !== undefined && { weights: await Deno.realPath(weights) }),
    };
    return { config, out, resumed: undefined, pretrained, ...common };
  }
  const run = await RunFolder.open(resume);
  if (data !== undefined && data !== run.config.data) {
    const before = run.config.data ?? "synthetic people";
    console.error(`note: the run was started on ${before} and goes on with the people in ${data}`);
  }
  const newest = await newestCheckpoint(resume);
  if (newest && !isDeepStrictEqual(newest.checkpoint.options, run.config.options)) {
    throw new RunError(
      `${newest.path} was made with other settings than those in ${resume}/config.json. Put back the settings that ` +
        "the run was started with, or start a new run with those wanted.",
    );
  }
  return {
    config: { ...run.config, ...(data !== undefined && { data }) },
    out,
    resumed: { run, newest },
    pretrained: await loadRunsPretrained(resume, run.config.options),
    ...common,
  };
}

/** What was found in a file of weights, and what was left in it. */
function describePretrained(
  { name, backbone: { family, convention, width, ignored } }: PretrainedFile,
): string {
  const { padding, epsilon, momentum, color } = CONVENTIONS[convention];
  const listed = ignored.filter((tensor) => !tensor.endsWith(".num_batches_tracked"));
  const counters = ignored.length - listed.length;
  const left = [...listed, ...(counters > 0 ? [`${counters} counts of batches`] : [])];
  const exported = convention === family ? "" : `, exported from convention ${convention}`;
  return `Backbone from ${name}: ${family}'s MobileNetV2 ${width}${exported}, ${padding} padding, epsilon ${epsilon}, running ` +
    `statistics keep ${momentum}, colors scaled as for ${color}; ` +
    (left.length > 0 ? `not used: ${left.join(", ")}` : "every tensor is used");
}

function describeRun({ model, options, sampler, steps, program, device }: Trainer): string {
  const { parameters, spec } = model;
  return `MobileNetV2 ${spec.width}, ${spec.imageHeight} × ${spec.imageWidth} pixels, ` +
    `${parameters.count("trainable").toLocaleString("en")} trainable parameters; recipe ${options.recipe}, ` +
    `loss ${options.loss}, ` +
    `${sampler.batchImages} images a batch, ${steps} steps; GPU memory ` +
    `${((program.memory.total + parameters.gpuBytes) / 2 ** 20).toFixed(0)} MiB on ${device.adapter.name}`;
}

/** What the trained network is compared with. */
type Baselines = Awaited<ReturnType<typeof baselines>>;

async function baselines(
  trainer: Trainer,
  benchmark: Benchmark,
  testFlip: boolean,
  pretrained?: PretrainedFile,
) {
  const { device, model, options, store } = trainer;
  const untrained = await untrainedModel(
    device,
    model.spec,
    options.seed,
    store,
    pretrained?.backbone.values,
  );
  const display = startProgress({ label: "Untrained network", total: benchmark.store.count, unit: "images" });
  try {
    const onProgress = (done: number) => display.update(done);
    const embedded = await benchmark.embed(device, untrained, { flip: testFlip, onProgress });
    return {
      untrained: await benchmark.rank(device, embedded, options.metric),
      colors: await benchmark.colors(),
    };
  } finally {
    display.finish();
    untrained.parameters.destroy();
  }
}

/** How long the GPU waited for images, by its name in the report; nothing where too few steps were made to tell. */
function waited({ inputWait }: Trainer): Record<string, string> {
  const { share } = inputWait;
  if (share === undefined) return {};
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return { "GPU waited for images": `${percent(share.least)} of the time, at most ${percent(share.most)}` };
}

/** What became of the loss's scale, by its name in the report; nothing where precision is f32. */
function lossScale({ options, history, step }: Trainer): Record<string, string> {
  const columns = historyColumns(options);
  if (!columns.includes("lossScale")) return {};
  const last = (name: HistoryColumn) => history[history.length - columns.length + columns.indexOf(name)];
  return {
    "Loss scale": `${last("lossScale")} at the end, ${last("skippedSteps")} of ${step} steps skipped`,
  };
}

/** Trains epoch by epoch and saves after each, or more often; Ctrl-C stops after the steps under way, and saves. */
async function train(
  trainer: Trainer,
  run: RunFolder,
  { saving: { every, keep }, debugNumerics }: Plan,
  progress: Progress,
): Promise<{ finished: boolean; notes: string[] }> {
  const { options, sampler } = trainer;
  const watch = new Watch({
    margin: options.margin,
    softMargin: options.softMargin,
    normalized: options.normalize && options.neck !== "bnneck",
  });
  const notes: string[] = [...sampler.notes];
  if (trainer.step >= trainer.steps) {
    console.log(`The run in ${run.path} is finished: evaluating`);
    return { finished: true, notes };
  }
  using interrupt = listenForInterrupt(() => run.abandon());
  console.log(`Run in ${run.path}`);
  // The process may have been killed, or the device lost, between the two.
  if (progress.newest && trainer.lastEpochIsBest) await keepAsBest(run.path, progress.newest.path);
  const display = startProgress({
    label: `Training ${options.loss}`,
    total: trainer.steps * sampler.batchImages,
    unit: "images",
    start: trainer.step * sampler.batchImages,
  });
  try {
    while (trainer.step < trainer.steps && !interrupt.requested) {
      const pause = every > 0 ? (Math.floor(trainer.step / every) + 1) * every : Infinity;
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
      const checkpoint = await trainer.checkpoint();
      progress.newest = { checkpoint, path: await saveCheckpoint(run.path, checkpoint, keep) };
      if (trainer.lastEpochIsBest) await keepAsBest(run.path, progress.newest.path);
    }
  } finally {
    display.finish();
  }
  return { finished: trainer.step >= trainer.steps, notes: [...notes, ...watch.summary()] };
}

async function finish(
  trainer: Trainer,
  folder: string,
  dataset: ReidDataset,
  benchmark: Benchmark,
  { untrained, colors }: Baselines,
  notes: string[],
  testFlip: boolean,
): Promise<void> {
  const { device, model, options } = trainer;
  await trainer.useAverage();
  const embedded = await benchmark.embed(device, model, { flip: testFlip });
  const trained = await benchmark.rank(device, embedded, options.metric);
  const cameraPairs = await benchmark.cameraPairs(device, embedded, options.metric);
  const rows = [
    { name: "trained", scores: trained.scores },
    { name: "untrained", scores: untrained.scores },
    { name: "color histogram", scores: colors },
  ];
  console.log(`\n${scoreTable(rows)}\n${scoreCounts(trained.scores)}`);
  if (options.ema > 0) console.log("The trained network is the average of its weights (--ema)");
  if (testFlip) console.log("Embeddings of both networks are averaged with those of the mirror images");
  for (const [what, said] of Object.entries({ ...waited(trainer), ...lossScale(trainer) })) {
    console.log(`${what}: ${said}`);
  }
  const report = await gatherReport({
    title: `${options.loss} on ${dataset.name}`,
    options,
    settings: {
      data: dataset.name,
      adapter: device.adapter.name,
      testFlip,
      ...waited(trainer),
      ...lossScale(trainer),
    },
    history: trainer.history,
    benchmark,
    trained,
    cameraPairs,
    untrained,
    colors,
    notes,
  });
  const scores = Object.fromEntries(
    rows.map(({ name, scores }) => [name, {
      ...(name !== "color histogram" && { testFlip }),
      ...scores,
      cmc: [...scores.cmc],
    }]),
  );
  await writeFile(folder, "scores.json", JSON.stringify(scores, null, 2) + "\n");
  const page = await writeFile(folder, "report.html", renderReport(report));
  await writeFile(folder, "retrieval.png", await renderRetrievalPicture(report.retrieval));
  console.log(`Report: ${page}\nCheckpoint: ${join(folder, "checkpoints")}`);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args, WHEN_LOST));
