/** `deno task train`: data, network, loop, scores, report. */
import { join } from "node:path";
import type { ReidDataset } from "../data/dataset.ts";
import { Device } from "../engine/mod.ts";
import { Benchmark } from "../eval/benchmark.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../train/checkpoint.ts";
import type { TrainingOptions } from "../train/options.ts";
import { createRun, freeRunFolder, readRun, writeFile } from "../train/run_folder.ts";
import { gatherReport } from "../train/run_report.ts";
import { renderReport } from "../train/report/report.ts";
import { renderRetrievalPicture } from "../train/report/retrieval_picture.ts";
import { Trainer } from "../train/trainer.ts";
import { untrainedModel } from "../train/untrained.ts";
import { Watch } from "../train/watch.ts";
import { EXIT, runCommand } from "./command.ts";
import { parseFlags, UsageError } from "./flags.ts";
import { openPeople, openPixels } from "./people.ts";
import { progress } from "./progress.ts";
import { scoreCounts, scoreTable } from "./scores.ts";
import { PLACE_FLAGS, SETTING_FLAGS, TRAIN_COMMAND, trainingOptions } from "./train_flags.ts";

/** A run as it is about to start or go on. */
interface Run {
  folder: string;
  data: string | undefined;
  options: TrainingOptions;
  resume: { checkpoint: Checkpoint; path: string } | undefined;
  cache: string;
}

/** Parses the flags, trains, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const run = await prepareRun(args);
  const device = await Device.open();
  if (device.adapter.software) {
    console.error(`note: ${device.adapter.name} is a software adapter: the CPU does the work of a GPU`);
  }
  const dataset = await openPeople(run.data, run.cache);
  const size = { height: run.options.imageHeight, width: run.options.imageWidth };
  const store = await openPixels(dataset.train, "train", size, dataset.root, run.cache);
  const test = [...dataset.query, ...dataset.gallery];
  const testStore = await openPixels(test, "test", size, dataset.root, run.cache);
  const trainer = await Trainer.open(device, run.options, dataset.train, store, run.resume);
  for (const note of trainer.sampler.notes) console.error(`note: ${note}`);
  if (!run.resume) await createRun(run.folder, { options: run.options, ...(run.data && { data: run.data }) });
  console.log(`Run in ${run.folder}: ${describeRun(trainer)}`);

  const benchmark = new Benchmark(dataset, testStore);
  const before = await baselines(trainer, benchmark);
  const { finished, notes } = await train(trainer, run.folder);
  if (!finished) {
    console.log(`Stopped after step ${trainer.step} of ${trainer.steps}. Go on with --resume ${run.folder}`);
    return EXIT.interrupted;
  }
  await finish(trainer, run.folder, dataset, benchmark, before, notes);
  trainer.destroy();
  device.destroy();
  return EXIT.done;
}

async function prepareRun(args: string[]): Promise<Run> {
  const flags = parseFlags(TRAIN_COMMAND, { ...SETTING_FLAGS, ...PLACE_FLAGS }, args);
  if (flags.resume === undefined) {
    const options = trainingOptions(flags);
    const folder = flags.out ?? await freeRunFolder(options.loss);
    return { folder, data: flags.data, options, resume: undefined, cache: flags.cache };
  }
  const given = args.find((arg) =>
    Object.keys(SETTING_FLAGS).some((name) => new RegExp(`^--(no-)?${name}(=|$)`).test(arg))
  );
  if (given ?? flags.out) {
    throw new UsageError(
      `A resumed run keeps its settings and its folder: leave out ${
        given ?? "--out"
      }, or start a new run without --resume`,
    );
  }
  const { options, data } = await readRun(flags.resume);
  const resume = await loadCheckpoint(flags.resume);
  return { folder: flags.resume, data: flags.data ?? data, options, resume, cache: flags.cache };
}

function describeRun({ model, options, sampler, steps, program, device }: Trainer): string {
  const { parameters, spec } = model;
  const state = 4 * parameters.trainableBytes;
  return `MobileNetV2 ${spec.width}, ${spec.imageHeight} × ${spec.imageWidth} pixels, ` +
    `${parameters.count("trainable").toLocaleString("en")} trainable parameters; loss ${options.loss}, ` +
    `${sampler.batchImages} images a batch, ${steps} steps; GPU memory ` +
    `${((program.memory.total + state) / 2 ** 20).toFixed(0)} MiB on ${device.adapter.name}`;
}

/** What the trained network is compared with. */
async function baselines(trainer: Trainer, benchmark: Benchmark) {
  const { device, model, options, store } = trainer;
  const untrained = await untrainedModel(device, model.spec, options.seed, store);
  const display = progress({ label: "Untrained network", total: benchmark.store.count, unit: "images" });
  try {
    const evaluation = await benchmark.run(device, untrained, options.metric, (done) => display.update(done));
    return { untrained: evaluation, colours: await benchmark.colours() };
  } finally {
    display.finish();
    untrained.parameters.destroy();
  }
}

/** Trains epoch by epoch and saves after each; Ctrl-C stops after the step under way, and saves. */
async function train(trainer: Trainer, folder: string): Promise<{ finished: boolean; notes: string[] }> {
  const { options, sampler } = trainer;
  const watch = new Watch({
    margin: options.margin,
    softMargin: options.softMargin,
    normalized: options.normalize,
  });
  const notes: string[] = [...sampler.notes];
  let stopping = false;
  const stop = () => {
    if (stopping) Deno.exit(EXIT.interrupted);
    stopping = true;
    console.error("\nStopping after this step and saving; once more to leave at once");
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  const display = progress({
    label: `Training ${options.loss}`,
    total: trainer.steps * sampler.batchImages,
    unit: "images",
    start: trainer.step * sampler.batchImages,
  });
  try {
    while (trainer.step < trainer.steps && !stopping) {
      await trainer.trainEpoch((metrics) => {
        display.update((metrics.step + 1) * sampler.batchImages, {
          epoch: `${Math.floor(metrics.step / sampler.batchesPerEpoch) + 1}/${options.epochs}`,
          loss: metrics.total.toFixed(3),
          active: `${(100 * metrics.active).toFixed(0)} %`,
          "d(a,p)": metrics.positiveDistance.toFixed(3),
          "d(a,n)": metrics.negativeDistance.toFixed(3),
        });
        const warning = watch.step(metrics);
        if (warning) {
          notes.push(warning);
          console.error(`\nwarning: ${warning}`);
        }
      }, () => stopping);
      await saveCheckpoint(folder, await trainer.checkpoint());
    }
  } finally {
    display.finish();
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
  }
  return { finished: trainer.step >= trainer.steps, notes: [...notes, ...watch.summary()] };
}

async function finish(
  trainer: Trainer,
  folder: string,
  dataset: ReidDataset,
  benchmark: Benchmark,
  { untrained, colours }: Awaited<ReturnType<typeof baselines>>,
  notes: string[],
): Promise<void> {
  const { device, model, options } = trainer;
  const trained = await benchmark.run(device, model, options.metric);
  const rows = [
    { name: "trained", scores: trained.scores },
    { name: "untrained", scores: untrained.scores },
    { name: "colour histogram", scores: colours },
  ];
  console.log(`\n${scoreTable(rows)}\n${scoreCounts(trained.scores)}`);
  const report = await gatherReport({
    title: `${options.loss} on ${dataset.name}`,
    options,
    settings: { data: dataset.name, adapter: device.adapter.name },
    history: trainer.history,
    benchmark,
    trained,
    untrained,
    colours,
    notes,
  });
  const scores = Object.fromEntries(
    rows.map(({ name, scores }) => [name, { ...scores, cmc: [...scores.cmc] }]),
  );
  await writeFile(folder, "scores.json", JSON.stringify(scores, null, 2) + "\n");
  const page = await writeFile(folder, "report.html", renderReport(report));
  await writeFile(folder, "retrieval.png", await renderRetrievalPicture(report.retrieval));
  console.log(`Report: ${page}\nCheckpoint: ${join(folder, "checkpoints")}`);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
