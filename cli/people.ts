/** The people that a command works on: a dataset folder, or synthetic ones, and their decoded pixels. */
import { join } from "node:path";
import { describeDataset, type ReidDataset } from "../data/dataset.ts";
import { joinDatasets, partsOfDataset } from "../data/joined_datasets.ts";
import { isPeopleTable } from "../data/layouts/people_table.ts";
import { PixelStore } from "../data/pixels.ts";
import { readDataset, type ReadDatasetOptions } from "../data/read_dataset.ts";
import { SYNTHETIC_SETS } from "../data/synthetic/options.ts";
import { ensureSyntheticPeople, holdsSyntheticPeople } from "../data/synthetic/write.ts";
import { itemAt } from "../engine/item_at.ts";
import { Benchmark } from "../eval/benchmark.ts";
import { type RepeatedPicture, repeatedPictures } from "../eval/repeated_pictures.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { keysOf } from "../model/settings.ts";
import { ALONE, type Ranks } from "../ranks/mod.ts";
import { printable } from "./command.ts";
import { UsageError } from "./flags.ts";
import { distinctNames, requireEachOnce } from "./places.ts";
import { withProgress } from "./progress.ts";

/** Threads for decoding and drawing: the cores, but no more than eight. */
export function workerCount(): number {
  return Math.max(1, Math.min(8, navigator.hardwareConcurrency));
}

/** What a set of synthetic people is called where a folder of data is asked for, before its own name. */
const SYNTHETIC = "synthetic:";

/** The sets of synthetic people as `--data` takes them. */
export const SYNTHETIC_DATA: readonly string[] = Object.keys(SYNTHETIC_SETS).map((name) => SYNTHETIC + name);

/** Whether a value of `--data` is a set of synthetic people, and no path. */
export function isSyntheticSet(data: string): boolean {
  return data.startsWith(SYNTHETIC);
}

/** What `--data` names: a set of synthetic people, or a folder or file. */
function placeOf(
  data: string | undefined,
): { readonly set: keyof typeof SYNTHETIC_SETS } | { readonly path: string } {
  if (data === undefined) return { set: "default" };
  if (!isSyntheticSet(data)) return { path: data };
  const set = keysOf(SYNTHETIC_SETS).find((name) => data === SYNTHETIC + name);
  if (set !== undefined) return { set };
  throw new UsageError(
    `--data ${data}: there is no such set of synthetic people; give ${SYNTHETIC_DATA.join(" or ")}`,
  );
}

/** A dataset's folder, a set of synthetic people, several of these or none, and what the user says about the folder. */
export interface DataSource extends ReadDatasetOptions {
  readonly data?: string | readonly string[];
}

/** What flags say, and what a run keeps where they name no data. */
export function dataSource(flags: DataSource, kept: DataSource | undefined): DataSource {
  const said = ({ data, layout, identityFrom, cameraFrom }: DataSource): DataSource => ({
    ...(data !== undefined && { data: typeof data !== "string" && data.length === 1 ? data[0] : data }),
    ...(layout !== undefined && { layout }),
    ...(identityFrom !== undefined && { identityFrom }),
    ...(cameraFrom !== undefined && { cameraFrom }),
  });
  return { ...(flags.data === undefined && kept !== undefined && said(kept)), ...said(flags) };
}

/** The data of a source, each a folder, a file or the name of a set; one undefined where nothing is named. */
export function dataOf({ data }: DataSource): readonly (string | undefined)[] {
  return data === undefined || typeof data === "string" ? [data] : data;
}

/**
 * Reads the dataset in the folder `data`, or draws synthetic people into the cache where no folder is given or one of their
 * sets is named, as in `synthetic:benchmark`. Several are joined, with their people and cameras kept apart.
 *
 * @throws {DataError} when a folder is no dataset that can be used.
 * @throws {UsageError} when there is no such set, or a folder is named twice.
 */
export async function openPeople(
  source: DataSource,
  cache: string,
  say: (line: string) => void = console.log,
): Promise<ReidDataset> {
  const places = dataOf(source).filter((data) => data !== undefined);
  if (places.length < 2) return await openOne(places[0], source, cache, say);
  await requireEachOnce("--data", places, isSyntheticSet);
  const names = distinctNames(places, isSyntheticSet);
  const parts: { name: string; dataset: ReidDataset }[] = [];
  for (const [i, data] of places.entries()) {
    // What is said of folders is not said of a table.
    const dataset = await openOne(data, isPeopleTable(data) ? {} : source, cache, say);
    parts.push({ name: itemAt(names, i), dataset });
  }
  // A set of synthetic people has a folder in the cache.
  await requireEachOnce("--data", parts.map(({ dataset }) => dataset.root), () => false);
  const joined = joinDatasets(parts);
  say(`Together ${describeDataset(joined)}`);
  return joined;
}

async function openOne(
  data: string | undefined,
  { layout, identityFrom, cameraFrom }: DataSource,
  cache: string,
  say: (line: string) => void,
): Promise<ReidDataset> {
  const place = placeOf(data);
  let root: string;
  if ("path" in place) root = place.path;
  else {
    root = await withProgress(
      "Drawing synthetic people",
      "images",
      (onProgress) =>
        ensureSyntheticPeople(cache, SYNTHETIC_SETS[place.set], { workers: workerCount(), onProgress }),
    );
    const why = data === undefined ? "No --data given: using" : `The ${place.set} set of`;
    say(`${why} synthetic people, drawn by this program into ${root}`);
  }
  const how = "path" in place ? { layout, identityFrom, cameraFrom } : {};
  const dataset = await readDataset(root, how);
  if (await holdsSyntheticPeople(root)) dataset.name = "Synthetic people";
  if ("path" in place) {
    const read = Object.values(how).every((option) => option === undefined);
    say(`Data: ${root}, ${read ? "recognized" : "read"} as ${dataset.name}`);
  }
  say(describeDataset(dataset));
  for (const warning of dataset.warnings) console.error(`warning: ${printable(warning)}`);
  return dataset;
}

/** Decodes the images of training or of the test, or takes their pixels from the cache; says which were skipped. */
export async function openPixels(
  dataset: ReidDataset,
  part: "train" | "test",
  { imageHeight: height, imageWidth: width }: Pick<ModelSpec, "imageHeight" | "imageWidth">,
  cache: string,
): Promise<PixelStore> {
  const { train, query, gallery } = dataset;
  const images = part === "train" ? train : [...query, ...gallery];
  const roots = await Promise.all(partsOfDataset(dataset).map(({ root }) => Deno.realPath(root)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(roots.join("\n")));
  const key = new Uint8Array(digest, 0, 6).toHex();
  const cacheFile = join(cache, `pixels-${part}-${height}x${width}-${key}.rgb`);
  const store = await withProgress(
    `Decoding ${part} images`,
    "images",
    (onProgress) => PixelStore.open(images, { height, width, workers: workerCount(), cacheFile, onProgress }),
  );
  for (const note of store.notes) console.error(`warning: ${printable(note)}`);
  for (const { path, reason } of store.failed) {
    console.error(`warning: ${printable(`skipped ${path}: ${reason}`)}`);
  }
  if (store.failed.length > 0) {
    console.error(`warning: ${store.failed.length} of ${store.files} ${part} images could not be decoded`);
  }
  return store;
}

/** Opens the test part of a dataset, for ranks to share; warns of queries that are in the gallery as the same picture. */
export async function openBenchmark(
  dataset: ReidDataset,
  spec: Pick<ModelSpec, "imageHeight" | "imageWidth">,
  cache: string,
  ranks: Ranks = ALONE,
): Promise<Benchmark> {
  const benchmark = new Benchmark(dataset, await openPixels(dataset, "test", spec, cache), ranks);
  const { rightMatches, otherPeople } = await repeatedPictures(benchmark);
  const warn = (pairs: readonly RepeatedPicture[], of: string, advice: string) => {
    const [example] = pairs;
    if (example === undefined) return;
    const text =
      `${pairs.length} of ${benchmark.queries.images.length} queries are the same picture as a gallery image ` +
      `of ${of}, such as ${example.query} and ${example.gallery}: ${advice}`;
    console.error(`warning: ${printable(text)}`);
  };
  const alone = benchmark.protocol === "same-camera";
  warn(
    rightMatches,
    `the same person ${alone ? "in another file" : "by another camera"}`,
    `every network finds them, and the scores are too high. Remove the copies${
      alone ? "" : ", or correct their cameras"
    }.`,
  );
  warn(
    otherPeople,
    "another person",
    "one of the two identities is wrong. Correct it, or remove the copies.",
  );
  return benchmark;
}

/** A test that is scored alone. */
export interface NamedTest {
  /** What the dataset is called beside others; absent where it is the only one. */
  readonly name?: string;
  readonly dataset: ReidDataset;
  readonly benchmark: Benchmark;
}

/** Opens the test of each of a dataset's parts: see {@link openBenchmark}. */
export async function openTests(
  dataset: ReidDataset,
  spec: Pick<ModelSpec, "imageHeight" | "imageWidth">,
  cache: string,
  ranks: Ranks = ALONE,
): Promise<NamedTest[]> {
  const tests: NamedTest[] = [];
  for (const part of dataset.parts ?? [{ dataset }]) {
    tests.push({ ...part, benchmark: await openBenchmark(part.dataset, spec, cache, ranks) });
  }
  return tests;
}
