/** A run of `deno task train` that starts or goes on: its settings, its folder, its people. */
import { isDeepStrictEqual } from "node:util";
import type { ReidDataset } from "../data/dataset.ts";
import type { PixelStore } from "../data/pixels.ts";
import type { Ranks } from "../ranks/mod.ts";
import { type LoadedCheckpoint, newestCheckpoint } from "../train/checkpoint_files.ts";
import { RunError } from "../train/errors.ts";
import type { HeldOutImages } from "../train/estimate_thresholds.ts";
import { holdOutPeople } from "../train/held_out_people.ts";
import { loadPretrained, loadRunsPretrained, type PretrainedFile } from "../train/pretrained_file.ts";
import { readConfig, requireFreeFolder, type RunConfig, RunFolder } from "../train/run_folder.ts";
import { resumeNotes, testPeopleNote, type TrainedPeople, trainedPeople } from "../train/trained_people.ts";
import { printable } from "./command.ts";
import {
  dataOf,
  type DataSource,
  dataSource,
  type NamedTest,
  openPeople,
  openPixels,
  openTests,
} from "./people.ts";
import type { TrainFlags } from "./train_flags.ts";
import type { Baselines } from "./train_scores.ts";

/** People, and their pixels. */
export interface People {
  readonly dataset: ReidDataset;
  /** Pixels of the training images; those of people who are left out are not usable. */
  readonly store: PixelStore;
  /** The test of every dataset. */
  readonly tests: readonly NamedTest[];
  /** Who is trained on. */
  readonly trained: TrainedPeople;
  /** Who is left out; undefined where nobody is. */
  readonly heldOut: HeldOutImages | undefined;
}

/** A run that is about to start or to resume. Its state outlives a lost device. */
export interface Run {
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

/** The people of a run; says what is to be said about them, if it goes on or if some are in the test too. */
export async function findPeople(
  { config, newest, ranks }: Run,
  cache: string,
): Promise<People> {
  const { options } = config;
  const dataset = await openPeople(config, cache);
  const all = await openPixels(dataset, "train", options, cache);
  const before = newest?.checkpoint.people;
  const { persons, images } = await holdOutPeople(dataset, all.usable, options, before);
  const store = images.length > 0 ? all.without(images) : all;
  const trained = await trainedPeople(dataset, store.usable, before, persons);
  const hasParametersOfPeople = options.idLoss > 0 || options.centerLoss > 0;
  const notes = newest ? resumeNotes(newest.path, before, trained, hasParametersOfPeople) : [];
  const inTest = await testPeopleNote(dataset, trained);
  for (const note of inTest ? [...notes, inTest] : notes) console.error(`note: ${printable(note)}`);
  const heldOut = images.length > 0 ? { dataset, store: all, images } : undefined;
  return { dataset, store, tests: await openTests(dataset, options, cache, ranks), trained, heldOut };
}

/** With the full paths of the data, so that the run can be evaluated from any folder; a missing one is refused later. */
async function withFullPaths(source: DataSource): Promise<DataSource> {
  if (source.data === undefined) return source;
  const full = (data: string) => Deno.realPath(data).catch(() => data);
  const { data } = source;
  return { ...source, data: typeof data === "string" ? await full(data) : await Promise.all(data.map(full)) };
}

/** A new run; refuses, before any work, what cannot be done. */
export async function startRun(
  { options, out, weights, width, ...flags }: TrainFlags,
  ranks: Ranks,
): Promise<Run> {
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
export async function resumeRun(flags: TrainFlags, resume: string, ranks: Ranks): Promise<Run> {
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
