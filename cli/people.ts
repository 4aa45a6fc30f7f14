/** The people that a command works on: a dataset folder, or synthetic ones, and their decoded pixels. */
import { join } from "node:path";
import { describeDataset, type ReidDataset } from "../data/dataset.ts";
import type { LayoutName } from "../data/layouts/image_name.ts";
import { PixelStore } from "../data/pixels.ts";
import { readDataset } from "../data/read_dataset.ts";
import { SYNTHETIC_SETS } from "../data/synthetic/options.ts";
import { ensureSyntheticPeople, holdsSyntheticPeople } from "../data/synthetic/write.ts";
import { Benchmark } from "../eval/benchmark.ts";
import { type RepeatedPicture, repeatedPictures } from "../eval/repeated_pictures.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { keysOf } from "../model/settings.ts";
import { ALONE, type Ranks } from "../ranks/mod.ts";
import { printable } from "./command.ts";
import { UsageError } from "./flags.ts";
import { withProgress } from "./progress.ts";

/** Threads for decoding and drawing: the cores, but no more than eight. */
export function workerCount(): number {
  return Math.max(1, Math.min(8, navigator.hardwareConcurrency));
}

/** What a set of synthetic people is called where a folder of data is asked for, before its own name. */
const SYNTHETIC = "synthetic:";

/** The sets of synthetic people as `--data` takes them. */
export const SYNTHETIC_DATA: readonly string[] = Object.keys(SYNTHETIC_SETS).map((name) => SYNTHETIC + name);

/** The set of synthetic people that `--data` asks for; undefined where it names a folder. */
function syntheticSet(data: string | undefined): keyof typeof SYNTHETIC_SETS | undefined {
  if (data === undefined) return "default";
  if (!data.startsWith(SYNTHETIC)) return undefined;
  const set = keysOf(SYNTHETIC_SETS).find((name) => data === SYNTHETIC + name);
  if (set !== undefined) return set;
  throw new UsageError(
    `--data ${data}: there is no such set of synthetic people; give ${SYNTHETIC_DATA.join(" or ")}`,
  );
}

/** A dataset's folder, a set of synthetic people or neither, and what the user says about the folder. */
export interface DataSource {
  readonly data?: string;
  readonly layout?: LayoutName;
}

/**
 * Reads the dataset in the folder `data`, or draws synthetic people into the cache where no folder is given or one of their
 * sets is named, as in `synthetic:benchmark`.
 *
 * @throws {DataError} when the folder is no dataset that can be used.
 * @throws {UsageError} when there is no such set.
 */
export async function openPeople(
  { data: folder, layout }: DataSource,
  cache: string,
  say: (line: string) => void = console.log,
): Promise<ReidDataset> {
  const set = syntheticSet(folder);
  let root = folder!;
  if (set !== undefined) {
    root = await withProgress(
      "Drawing synthetic people",
      "images",
      (onProgress) =>
        ensureSyntheticPeople(cache, SYNTHETIC_SETS[set], { workers: workerCount(), onProgress }),
    );
    const why = folder === undefined ? "No --data given: using" : `The ${set} set of`;
    say(`${why} synthetic people, drawn by this program into ${root}`);
  }
  const dataset = await readDataset(root, { layout });
  if (await holdsSyntheticPeople(root)) dataset.name = "Synthetic people";
  if (set === undefined) {
    say(`Data: ${root}, ${layout === undefined ? "recognized" : "read"} as ${dataset.name}`);
  }
  say(describeDataset(dataset));
  for (const warning of dataset.warnings) console.error(`warning: ${printable(warning)}`);
  return dataset;
}

/** Decodes the images of training or of the test, or takes their pixels from the cache; says which were skipped. */
export async function openPixels(
  { root, train, query, gallery }: ReidDataset,
  part: "train" | "test",
  { imageHeight: height, imageWidth: width }: Pick<ModelSpec, "imageHeight" | "imageWidth">,
  cache: string,
): Promise<PixelStore> {
  const images = part === "train" ? train : [...query, ...gallery];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(await Deno.realPath(root)));
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
