/** `deno task evaluate`: scores a checkpoint by the Market-1501 protocol. */
import { cameraLabel, cameraName, type ReidDataset } from "../data/dataset.ts";
import { requireCameras } from "../eval/require_cameras.ts";
import { camerasWithoutTraining, requireTimes } from "../eval/spatial_temporal/recording_times.ts";
import { METRICS } from "../kernels/mod.ts";
import { inGroup } from "../model/settings.ts";
import { type Ranks, rankZeroFirst, sameOnAllRanks } from "../ranks/mod.ts";
import { digestOfBuffers, digestOfTest } from "../train/same_run.ts";
import { readConfig } from "../train/run_folder.ts";
import { readScoredNetwork } from "../train/scored_network.ts";
import { testPeopleNote } from "../train/trained_people.ts";
import { cameraPairTables } from "./camera_pairs.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { type FlagTable, type FlagValues, parseFlags } from "./flags.ts";
import { DISTRIBUTED_FLAG, distributedIn, onRanks, requireSameFlags, sayAdapters } from "./on_ranks.ts";
import { openBenchmark, openPeople } from "./people.ts";
import { withProgress } from "./progress.ts";
import { OTHER_RANKINGS_FLAGS, otherRankings, rerankOptions } from "./other_rankings.ts";
import { FLIPPED, plainScores, protocolNote, scoreCounts, scoreTable } from "./scores.ts";
import { verificationTables } from "./verification_text.ts";
import {
  CACHE_FLAG,
  CHECKPOINT_FLAG,
  DATA_FLAG,
  EMA_FLAG,
  JSON_FLAG,
  LAYOUT_FLAG,
  TEST_FLIP_FLAG,
} from "./shared_flags.ts";

const COMMAND = {
  usage: "deno task evaluate",
  summary:
    "Scores a trained network: CMC and mAP of its ranking of the gallery, by the Market-1501 protocol, or by the " +
    "same-camera protocol where one camera took all images.",
  examples: [
    ["deno task evaluate --checkpoint runs/hard", "the newest checkpoint of a run, on the data of the run"],
    [
      "deno task evaluate --checkpoint runs/hard --data Market-1501-v15.09.15 --json",
      "on another dataset, as JSON",
    ],
  ],
} as const;

/** Model files do not say with which distance they were trained; this is the default of training. */
const MODEL_FILE_METRIC = "euclidean";

const FLAGS = {
  checkpoint: { ...CHECKPOINT_FLAG, required: true },
  data: { ...DATA_FLAG, help: `${DATA_FLAG.help} By default the data of the training.` },
  layout: LAYOUT_FLAG,
  metric: {
    type: "choice",
    choices: METRICS,
    help: `Distance; by default that of the training, or ${MODEL_FILE_METRIC} for a model file.`,
  },
  testFlip: TEST_FLIP_FLAG,
  cameraPairs: {
    type: "boolean",
    group: "Scoring",
    help:
      "Also shows rank-1 and mAP of each pair of cameras: queries of one among gallery images of the other.",
  },
  verification: {
    type: "boolean",
    default: true,
    group: "Scoring",
    help:
      "Also says how well a threshold on the distance tells pairs of one person from pairs of two: ROC, equal error rate, " +
      "and true accepts at false-accept rates. --no-verification: only ranks.",
  },
  ...inGroup("Scoring", OTHER_RANKINGS_FLAGS),
  colors: {
    type: "boolean",
    default: true,
    help: "Also ranks by color histograms, for comparison; takes a minute on large galleries.",
  },
  ema: EMA_FLAG,
  json: { ...JSON_FLAG, help: `${JSON_FLAG.help} It leaves out color histograms.` },
  distributed: DISTRIBUTED_FLAG,
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** Parses the flags, evaluates, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  return await onRanks(distributedIn(args), (ranks) => evaluate(parseFlags(COMMAND, FLAGS, args), ranks));
}

async function evaluate(flags: FlagValues<typeof FLAGS>, ranks: Ranks): Promise<number> {
  await requireSameFlags(ranks, flags, ["checkpoint", "data", "cache"]);
  const reranking = rerankOptions(flags);
  const network = await readScoredNetwork(flags.checkpoint, flags.ema);
  const { path, run, spec, step, people, averaged } = network;
  const config = flags.data === undefined && run !== undefined ? await readConfig(run) : undefined;
  const { data = config?.data, layout = config?.layout } = flags;
  // With --json, stdout has only the result.
  const say = flags.json ? console.error : console.log;
  using device = await openTestedDevice(flags.cache);
  await sayAdapters(ranks, device.adapter.name);
  const { dataset, benchmark } = await rankZeroFirst(ranks, async () => {
    const dataset = await openPeople({ data, layout }, flags.cache, say);
    const trainedOn = people && await testPeopleNote(dataset, people);
    if (trainedOn) console.error(`note: ${printable(trainedOn)}`);
    // Before the long work.
    if (flags.spatialTemporal) checkTimes(dataset);
    if (flags.cameraPairs) requireCameras(dataset, "cameraPairs", "a score by pair of cameras");
    if (flags.multiQuery) {
      requireCameras(dataset, "multiQuery", "a query of all of a person's images by a camera");
    }
    return { dataset, benchmark: await openBenchmark(dataset, spec, flags.cache, ranks) };
  });
  const { store, protocol } = benchmark;
  const model = network.build(device);
  const metric = flags.metric ?? network.metric ?? MODEL_FILE_METRIC;
  if (ranks.size > 1) {
    await sameOnAllRanks(ranks, {
      "the weights": await digestOfBuffers(model.parameters, ["weights", "state"]),
      "the images": await digestOfTest(benchmark),
    });
  }
  const { testFlip } = flags;
  const embedded = await withProgress("Embedding", "images", (update) => {
    update(0, store.count);
    return benchmark.embed(device, model, { flip: testFlip, onProgress: update });
  });
  const { scores } = await benchmark.rank(device, embedded, metric);
  const others = await otherRankings(device, benchmark, embedded, {
    metric,
    unitLength: spec.normalize,
    multiQuery: flags.multiQuery,
    spatialTemporal: flags.spatialTemporal,
    reranking,
  });
  const cameraPairs = flags.cameraPairs ? await benchmark.cameraPairs(device, embedded, metric) : undefined;
  const verification = flags.verification ? await benchmark.verify(device, embedded, metric) : undefined;
  if (flags.json) {
    const result = {
      checkpoint: path,
      step,
      metric,
      dataset: dataset.name,
      protocol,
      ignored: dataset.ignored,
      testFlip,
      averaged,
      ...plainScores(scores),
      ...Object.fromEntries(others.map(({ key, scores }) => [key, plainScores(scores)])),
      ...(verification && { verification }),
      ...(cameraPairs && {
        cameraPairs: cameraPairs.map((pair) => ({
          ...pair,
          query: cameraName(dataset, pair.query),
          gallery: cameraName(dataset, pair.gallery),
        })),
      }),
    };
    console.log(JSON.stringify(result));
  } else {
    const name = `step ${step}${testFlip ? FLIPPED : ""}${protocolNote(protocol)}`;
    const rows = [
      { name, scores },
      ...others.map((other) => ({ ...other, name: `${name}, ${other.name}` })),
    ];
    if (flags.colors) {
      rows.push({ name: `color histogram${protocolNote(protocol)}`, scores: await benchmark.colors() });
    }
    console.log(scoreTable(rows));
    console.log(scoreCounts(scores, protocol));
    if (averaged) {
      console.log("Scored with the average of the weights; --no-ema uses those of the last step");
    }
    if (verification) console.log(`\n${verificationTables(verification)}`);
    if (cameraPairs) console.log(`\n${cameraPairTables(cameraPairs, dataset.names)}`);
  }
  model.parameters.destroy();
  return EXIT.done;
}

/** Refuses a dataset without times, and warns of cameras without training images. */
function checkTimes(dataset: ReidDataset): void {
  requireCameras(dataset, "spatialTemporal", "a ranking by the time that people take from camera to camera");
  requireTimes(dataset);
  const unknown = camerasWithoutTraining(dataset);
  if (unknown.length === 0) return;
  console.error(
    `warning: no training image is by camera ${
      unknown.map((camera) => cameraLabel(dataset.names, camera)).join(", ")
    }: the ranking by look ` +
      "and time treats its images as if nobody came there from another camera, so right matches rank too low",
  );
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
