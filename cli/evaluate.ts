/** `deno task evaluate`: scores a checkpoint by the Market-1501 protocol. */
import { cameraLabel, cameraName, type ReidDataset } from "../data/dataset.ts";
import { partsOfDataset } from "../data/joined_datasets.ts";
import { requireTracklets } from "../data/tracklets.ts";
import type { Device } from "../engine/mod.ts";
import { requireCameras } from "../eval/require_cameras.ts";
import type { RerankOptions } from "../eval/rerank/options.ts";
import { camerasWithoutTraining, requireTimes } from "../eval/spatial_temporal/recording_times.ts";
import { thresholdsFor } from "../eval/verification/kept_thresholds.ts";
import { searchOpenSet, verifyNetwork } from "../eval/verification/verify_network.ts";
import { type Metric, METRICS } from "../kernels/mod.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { inGroup } from "../model/settings.ts";
import { type Ranks, rankZeroFirst, sameOnAllRanks } from "../ranks/mod.ts";
import { digestOfBuffers, digestOfTest } from "../train/same_run.ts";
import { readConfig } from "../train/run_folder.ts";
import { MODEL_FILE_METRIC, readScoredNetwork } from "../train/scored_network.ts";
import { testPeopleNote } from "../train/trained_people.ts";
import { cameraPairTables } from "./camera_pairs.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { type FlagTable, type FlagValues, parseFlags } from "./flags.ts";
import { DISTRIBUTED_FLAG, distributedIn, onRanks, requireSameFlags, sayAdapters } from "./on_ranks.ts";
import { dataSource, type NamedTest, openPeople, openTests } from "./people.ts";
import { withProgress } from "./progress.ts";
import { OTHER_RANKINGS_FLAGS, otherRankings, rerankOptions } from "./other_rankings.ts";
import { FLIPPED, plainScores, protocolNote, scoreCounts, scoreTable, testNote } from "./scores.ts";
import { askedFalseAlarm, VERIFICATION_FLAGS } from "./verification_flags.ts";
import { openSetTable, verificationTables } from "./verification_text.ts";
import {
  CACHE_FLAG,
  CHECKPOINT_FLAG,
  DATASETS_FLAG,
  EMA_FLAG,
  JSON_FLAG,
  NAMES_FLAGS,
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

const FLAGS = {
  checkpoint: { ...CHECKPOINT_FLAG, required: true },
  data: {
    ...DATASETS_FLAG,
    value: "DIR",
    help: `${DATASETS_FLAG.help} Each of several is scored alone. By default the data of the training.`,
  },
  ...NAMES_FLAGS,
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
  ...VERIFICATION_FLAGS,
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
  const { run, spec, people } = network;
  const use = { flip: flags.testFlip, unitLength: spec.normalize };
  const falseAlarm = askedFalseAlarm(flags, thresholdsFor(network.thresholds, use));
  const config = flags.data === undefined && run !== undefined ? await readConfig(run) : undefined;
  // With --json, stdout has only the result.
  const say = flags.json ? console.error : console.log;
  using device = await openTestedDevice(flags.cache);
  await sayAdapters(ranks, device.adapter.name);
  const tests = await rankZeroFirst(ranks, async () => {
    const dataset = await openPeople(dataSource(flags, config), flags.cache, say);
    const trainedOn = people && await testPeopleNote(dataset, people);
    if (trainedOn) console.error(`note: ${printable(trainedOn)}`);
    // Before the long work.
    if (flags.tracklets) requireTracklets(dataset);
    for (const part of partsOfDataset(dataset)) {
      if (flags.spatialTemporal) checkTimes(part);
      if (flags.cameraPairs) requireCameras(part, "cameraPairs", "a score by pair of cameras");
      if (flags.multiQuery) {
        requireCameras(part, "multiQuery", "a query of all of a person's images by a camera");
      }
    }
    return await openTests(dataset, spec, flags.cache, ranks);
  });
  const model = network.build(device);
  const metric = flags.metric ?? network.metric ?? MODEL_FILE_METRIC;
  if (ranks.size > 1) {
    await sameOnAllRanks(ranks, {
      "the weights": await digestOfBuffers(model.parameters, ["weights", "state"]),
      "the images": (await Promise.all(tests.map(({ benchmark }) => digestOfTest(benchmark)))).join(),
    });
  }
  const scored: TestScores[] = [];
  for (const test of tests) {
    scored.push(await scoreTest(device, model, test, { ...flags, network, metric, reranking, falseAlarm }));
  }
  model.parameters.destroy();
  const [only, ...others] = scored;
  if (flags.json) {
    const result = others.length === 0
      ? only?.json
      : { datasets: Object.fromEntries(scored.map(({ name = "", json }) => [name, json])) };
    console.log(JSON.stringify(result));
    return EXIT.done;
  }
  console.log(scoreTable(scored.flatMap(({ rows }) => rows)));
  for (const { name, counts } of scored) console.log((name === undefined ? "" : `${name}: `) + counts);
  if (network.averaged) {
    console.log("Scored with the average of the weights; --no-ema uses those of the last step");
  }
  for (const { name, details } of scored) {
    for (const text of details) console.log(`\n${name === undefined ? "" : `${name}\n`}${text}`);
  }
  return EXIT.done;
}

/** The scores of a test. */
interface TestScores {
  readonly name: string | undefined;
  readonly json: Record<string, unknown>;
  readonly rows: Parameters<typeof scoreTable>[0];
  readonly counts: string;
  /** Tables below that of the scores. */
  readonly details: readonly string[];
}

/** How a test is scored. */
interface Scoring extends Omit<FlagValues<typeof FLAGS>, "metric" | "falseAlarm"> {
  readonly network: Awaited<ReturnType<typeof readScoredNetwork>>;
  readonly metric: Metric;
  readonly reranking: RerankOptions | undefined;
  /** For the threshold of the network, with `openSet`. */
  readonly falseAlarm: number;
}

async function scoreTest(
  device: Device,
  model: ReidModel,
  { name, dataset, benchmark }: NamedTest,
  { network: { path, spec, step, averaged, thresholds }, metric, reranking, testFlip, ...flags }: Scoring,
): Promise<TestScores> {
  const { store, protocol } = benchmark;
  const embedded = await withProgress("Embedding", "images", (update) => {
    update(0, store.count);
    return benchmark.embed(device, model, { flip: testFlip, onProgress: update });
  });
  const { scores } = await benchmark.rank(device, embedded, metric);
  const others = await otherRankings(device, benchmark, embedded, {
    metric,
    unitLength: spec.normalize,
    multiQuery: flags.multiQuery,
    tracklets: flags.tracklets,
    spatialTemporal: flags.spatialTemporal,
    reranking,
  });
  const cameraPairs = flags.cameraPairs ? await benchmark.cameraPairs(device, embedded, metric) : undefined;
  const use = { metric, flip: testFlip, unitLength: spec.normalize, thresholds };
  const verified = flags.verification ? await verifyNetwork(device, benchmark, embedded, use) : undefined;
  const openSet = flags.openSet
    ? await searchOpenSet(device, benchmark, embedded, { ...use, falseAlarm: flags.falseAlarm })
    : undefined;
  const rule = testNote(name) + protocolNote(protocol);
  const row = `step ${step}${testFlip ? FLIPPED : ""}${rule}`;
  const rows = [
    { name: row, scores },
    ...others.map((other) => ({ ...other, name: `${row}, ${other.name}` })),
  ];
  if (flags.colors && !flags.json) {
    rows.push({ name: `color histogram${rule}`, scores: await benchmark.colors() });
  }
  return {
    name,
    json: {
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
      ...verified,
      ...(openSet && { openSet }),
      ...(cameraPairs && {
        cameraPairs: cameraPairs.map((pair) => ({
          ...pair,
          query: cameraName(dataset, pair.query),
          gallery: cameraName(dataset, pair.gallery),
        })),
      }),
    },
    rows,
    counts: scoreCounts(scores, protocol),
    details: [
      ...(verified ? [verificationTables(verified)] : []),
      ...(openSet ? [openSetTable(openSet)] : []),
      ...(cameraPairs ? [cameraPairTables(cameraPairs, dataset.names)] : []),
    ],
  };
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
