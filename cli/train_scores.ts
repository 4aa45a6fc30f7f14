/** The scores of a run: of the network before training, to compare with, and of the trained one, with its report. */
import { join } from "node:path";
import type { Benchmark } from "../eval/benchmark.ts";
import { verifyNetwork } from "../eval/verification/verify_network.ts";
import type { Thresholds } from "../model/thresholds.ts";
import { gatherValues } from "../ranks/mod.ts";
import type { PretrainedFile } from "../train/pretrained_file.ts";
import { renderReport } from "../train/report/report.ts";
import { renderRetrievalPicture } from "../train/report/retrieval_picture.ts";
import { writeFile } from "../train/run_folder.ts";
import { gatherReport } from "../train/run_report.ts";
import type { Trainer } from "../train/trainer.ts";
import { takenValues } from "../train/transfer.ts";
import { untrainedModel } from "../train/untrained.ts";
import { makeFolder } from "./output.ts";
import type { NamedTest } from "./people.ts";
import { withProgress } from "./progress.ts";
import { plainScores, protocolNote, SAME_CAMERA, scoreCounts, scoreTable, testNote } from "./scores.ts";
import { runFacts } from "./train_text.ts";
import { verificationLine } from "./verification_text.ts";

/** What the trained network is compared with. */
export type Baselines = Awaited<ReturnType<typeof baselines>>;

/** Ranks by the network before training, and by color histograms. */
export async function baselines(
  { device, model, options, store }: Trainer,
  benchmark: Benchmark,
  flip: boolean,
  pretrained: PretrainedFile | undefined,
) {
  const first = pretrained && takenValues(pretrained.backbone.values, options);
  const untrained = await withProgress(
    "Preparing the untrained network",
    "batches",
    (onProgress) => untrainedModel(device, model.spec, options.seed, store, first, onProgress),
  );
  try {
    return await withProgress("Untrained network", "images", async (onProgress) => {
      const embedded = await benchmark.embed(device, untrained, { flip, onProgress });
      return {
        untrained: await benchmark.rank(device, embedded, options.metric),
        colors: await benchmark.colors(),
      };
    });
  } finally {
    untrained.parameters.destroy();
  }
}

/**
 * Scores the trained network on a test, prints the scores, and writes them and the report into the run's folder, or into
 * one in it for each of several tests. Ranks share the work; those without a folder leave the rest to the one that has it.
 *
 * @param thresholds those that the network keeps; on rank 0.
 */
export async function scoreRun(
  trainer: Trainer,
  folder: string | undefined,
  { name, dataset, benchmark }: NamedTest,
  { untrained, colors }: Baselines,
  notes: readonly string[],
  testFlip: boolean,
  thresholds: readonly Thresholds[] | undefined,
): Promise<void> {
  const { device, model, options } = trainer;
  await trainer.useAverage();
  const embedded = await withProgress(
    "Trained network",
    "images",
    (onProgress) => benchmark.embed(device, model, { flip: testFlip, onProgress }),
  );
  const trained = await benchmark.rank(device, embedded, options.metric);
  const cameraPairs = await benchmark.cameraPairs(device, embedded, options.metric);
  const [kept] = await gatherValues(trainer.ranks, thresholds);
  const { metric, normalize: unitLength } = options;
  const use = { metric, flip: testFlip, unitLength, thresholds: kept };
  const verified = await verifyNetwork(device, benchmark, embedded, use);
  if (folder === undefined) return;
  const { protocol } = benchmark, rule = testNote(name) + protocolNote(protocol);
  const place = name === undefined ? folder : join(folder, "tests", name);
  await makeFolder(place);
  const rows = [
    { name: "trained", scores: { protocol, testFlip, ...trained.scores, ...verified } },
    { name: "untrained", scores: { protocol, testFlip, ...untrained.scores } },
    { name: "color histogram", scores: { protocol, ...colors } },
  ];
  const shown = rows.map(({ name, scores }) => ({ name: name + rule, scores }));
  console.log(`\n${scoreTable(shown)}\n${scoreCounts(trained.scores, protocol)}`);
  for (const kind of verified.verification) console.log(verificationLine(kind));
  if (options.ema > 0) console.log("The trained network is the average of its weights (--ema)");
  if (testFlip) console.log("Embeddings of both networks are averaged with those of the mirror images");
  const facts = runFacts(trainer);
  for (const [name, fact] of Object.entries(facts)) console.log(`${name}: ${fact}`);
  const report = await gatherReport({
    title: `${options.loss} on ${dataset.name}${rule}`,
    options,
    settings: { data: dataset.name, protocol, adapter: device.adapter.name, testFlip, ...facts },
    history: trainer.history,
    benchmark,
    device,
    model,
    trained,
    cameraPairs,
    verified,
    untrained,
    colors,
    notes: protocol === "same-camera" ? [SAME_CAMERA, ...notes] : notes,
  });
  const scores = Object.fromEntries(rows.map(({ name, scores }) => [name, plainScores(scores)]));
  await writeFile(place, "scores.json", JSON.stringify(scores, null, 2) + "\n");
  const page = await writeFile(place, "report.html", renderReport(report));
  await writeFile(place, "retrieval.png", await renderRetrievalPicture(report.retrieval));
  console.log(`Report: ${page}\nCheckpoint: ${join(folder, "checkpoints")}`);
}
