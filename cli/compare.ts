/** `deno task compare`: several networks on several datasets. */
import { join } from "node:path";
import type { ReidDataset } from "../data/dataset.ts";
import { itemAt } from "../engine/item_at.ts";
import type { Device } from "../engine/mod.ts";
import type { Benchmark } from "../eval/benchmark.ts";
import { embeddingTime } from "../eval/embedding_time.ts";
import { Embedder } from "../model/embedder.ts";
import {
  type ComparedNetwork,
  type ComparedScores,
  comparePairs,
  type Comparison,
  markNotes,
} from "../train/comparison/comparison.ts";
import { comparisonJson } from "../train/comparison/comparison_json.ts";
import { comparisonMarkdown } from "../train/comparison/comparison_markdown.ts";
import { comparisonPage } from "../train/comparison/comparison_page.ts";
import { comparisonTables, tableNotes } from "../train/comparison/comparison_tables.ts";
import { DEMO } from "../train/demo/demo.ts";
import { MODEL_FILE_METRIC, readScoredNetwork, type ScoredNetwork } from "../train/scored_network.ts";
import { knownPeople } from "../train/trained_people.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { openTestedDevice } from "./device.ts";
import { type FlagTable, type FlagValues, parseFlags } from "./flags.ts";
import { makeFolder, writeOutput } from "./output.ts";
import { type DataSource, isSyntheticSet, openBenchmark, openPeople } from "./people.ts";
import { distinctNames, type IsWord, requireEachOnce } from "./places.ts";
import { withProgress } from "./progress.ts";
import {
  CACHE_FLAG,
  CHECKPOINT_FLAG,
  DATASETS_FLAG,
  EMA_FLAG,
  NAMES_FLAGS,
  TEST_FLIP_FLAG,
} from "./shared_flags.ts";
import { table } from "./table.ts";

const COMMAND = {
  usage: "deno task compare",
  summary:
    "Scores networks on datasets, each on each: rank-1, mAP, time and size. A paired bootstrap over people says which " +
    "differences are real. It writes comparison.html with a plot, comparison.md and comparison.json.",
  examples: [
    [
      "deno task compare --runs runs/hard runs/basic --data people",
      "two runs on one dataset",
    ],
    [
      "deno task compare --runs runs/market demo --data Market-1501-v15.09.15 synthetic:benchmark people",
      "a run and the demonstration on three datasets, of which the run may have seen one",
    ],
  ],
} as const;

const FLAGS = {
  runs: {
    ...CHECKPOINT_FLAG,
    type: "strings",
    value: "RUN",
    required: true,
    help: `Trained networks, one or more, each as for --checkpoint. ${CHECKPOINT_FLAG.help}`,
  },
  data: {
    ...DATASETS_FLAG,
    required: true,
    help: `Datasets, one or more; each is scored alone. ${DATASETS_FLAG.help}`,
  },
  ...NAMES_FLAGS,
  out: { type: "string", value: "DIR", default: "comparison", help: "Folder for the three files." },
  testFlip: TEST_FLIP_FLAG,
  ema: EMA_FLAG,
  seed: { type: "integer", min: 0, default: 1, help: "Decides which people the bootstrap draws." },
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** Images on the GPU at once, where time is measured. */
const BATCH = 32;

/** Parses the flags, compares, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const networks = await readNetworks(flags.runs, flags.ema);
  const sources = await namedPlaces("--data", flags.data, isSyntheticSet);
  await makeFolder(flags.out);
  using device = await openTestedDevice(flags.cache);
  const scores: ComparedScores[] = [];
  const measured = new Map<string, ComparedNetwork>();
  for (const [data, place] of sources) {
    const { layout, identityFrom, cameraFrom } = flags;
    const dataset = await openPeople(
      { data: place, layout, identityFrom, cameraFrom } satisfies DataSource,
      flags.cache,
    );
    const tests = new Map<string, Benchmark>(); // By the size of their images.
    for (const [name, network] of networks) {
      const { imageHeight, imageWidth } = network.spec;
      const size = `${imageHeight} x ${imageWidth}`;
      const test = tests.get(size) ?? await openBenchmark(dataset, network.spec, flags.cache);
      tests.set(size, test);
      const label = `${scores.length + 1} of ${networks.size * sources.size}: ${name} on ${data}`;
      const scored = await scoreNetwork(device, {
        name,
        network,
        data,
        dataset,
        test,
        label,
        flags,
        isNew: !measured.has(name),
      });
      scores.push(scored.scores);
      if (scored.network !== undefined) measured.set(name, scored.network);
    }
    for (const { store } of tests.values()) store.close();
  }
  const { seed, out, testFlip } = flags;
  const comparison: Comparison = {
    networks: [...measured.values()],
    datasets: [...sources.keys()],
    scores,
    pairs: comparePairs(scores, seed),
    adapter: device.adapter.name,
    testFlip,
    seed,
  };
  await writeOutput(join(out, "comparison.json"), comparisonJson(comparison));
  await writeOutput(join(out, "comparison.md"), comparisonMarkdown(comparison));
  await writeOutput(join(out, "comparison.html"), comparisonPage(comparison));
  for (const { title, head, rows } of comparisonTables(comparison)) {
    console.log(printable(title) + "\n" + table([["", ...head], ...rows], 1) + "\n");
  }
  for (const note of [...markNotes(comparison), ...tableNotes(comparison)]) console.log(note);
  console.log(printable(`Plot and tables: ${join(out, "comparison.html")}`));
  return EXIT.done;
}

/** Reads all networks before any is scored, so that a mistake is found at once. */
async function readNetworks(runs: readonly string[], ema: boolean): Promise<Map<string, ScoredNetwork>> {
  const networks = new Map<string, ScoredNetwork>();
  for (const [name, place] of await namedPlaces("--runs", runs, (run) => run === DEMO)) {
    networks.set(name, await readScoredNetwork(place, ema));
  }
  return networks;
}

/** Places by short names. @throws {UsageError} if one is named twice. */
async function namedPlaces(
  flag: string,
  places: readonly string[],
  isWord: IsWord,
): Promise<Map<string, string>> {
  await requireEachOnce(flag, places, isWord);
  const names = distinctNames(places, isWord);
  return new Map(places.map((place, i) => [itemAt(names, i), place]));
}

/** A network on a dataset. */
interface Scoring {
  readonly name: string;
  readonly network: ScoredNetwork;
  readonly data: string;
  readonly dataset: ReidDataset;
  readonly test: Benchmark;
  readonly label: string;
  readonly flags: FlagValues<typeof FLAGS>;
  /** Whether its time is still to be measured. */
  readonly isNew: boolean;
}

async function scoreNetwork(
  device: Device,
  { name, network, data, dataset, test, label, flags: { testFlip: flip }, isNew }: Scoring,
): Promise<{ scores: ComparedScores; network?: ComparedNetwork }> {
  const model = network.build(device);
  try {
    const embedded = await withProgress(label, "images", (update) => {
      update(0, test.store.count);
      return test.embed(device, model, { flip, onProgress: update });
    });
    const { scores, precisions } = await test.rank(device, embedded, network.metric ?? MODEL_FILE_METRIC);
    const result: ComparedScores = {
      network: name,
      data,
      protocol: test.protocol,
      scores,
      precisions,
      persons: test.queries.images.map(({ identity }) => identity),
      trainedOn: await trainedOn(dataset, network),
    };
    if (!isNew) return { scores: result };
    const embedder = await Embedder.open(device, model, BATCH);
    const secondsPerImage = await embeddingTime(embedder, test.store, test.queries.indices, { flip });
    embedder.destroy();
    const parameters = model.parameters.parameters.filter((one) => !model.identityHead.includes(one));
    const count = (some: typeof parameters) => some.reduce((sum, parameter) => sum + parameter.count, 0);
    return {
      scores: result,
      network: {
        name,
        path: network.path,
        step: network.step,
        imageHeight: network.spec.imageHeight,
        imageWidth: network.spec.imageWidth,
        embeddingSize: model.embeddingSize,
        parameters: count(parameters.filter(({ trainable }) => trainable)),
        bytes: 4 * count(parameters),
        secondsPerImage,
      },
    };
  } finally {
    model.parameters.destroy();
  }
}

async function trainedOn(
  dataset: ReidDataset,
  { people }: ScoredNetwork,
): Promise<ComparedScores["trainedOn"]> {
  if (people === undefined) return undefined;
  const count = async (images: ReidDataset["train"]) => {
    const { known, all } = await knownPeople(dataset, images, people);
    return { known: known.length, all };
  };
  return { training: await count(dataset.train), test: await count([...dataset.query, ...dataset.gallery]) };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
