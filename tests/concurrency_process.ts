/** One of the processes of concurrency_test.ts: says "ready", waits for a line, does its job, says "done", waits for the end. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PixelStore } from "../data/pixels.ts";
import { readDataset } from "../data/read_dataset.ts";
import { MARKER, moveIntoPlace } from "../data/synthetic/finished_set.ts";
import { Device } from "../engine/mod.ts";
import { matmul, type Tunable, variantsOf } from "../kernels/mod.ts";
import { RunError } from "../train/errors.ts";
import { RunFolder } from "../train/run_folder.ts";
import { tunedVariants } from "../train/tuned_variants.ts";
import { TINY_OPTIONS } from "./train/tiny_run.ts";

/** What a process is to do. */
export type Job =
  | { kind: "run"; folders: readonly string[] }
  | { kind: "pixels"; people: string; size: Size; caches: readonly string[] }
  | { kind: "people"; seed: number; folder: string; rounds: number }
  | { kind: "variants"; rows: readonly number[]; cache: string };

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Settings of the run. */
export const CONFIG = { options: TINY_OPTIONS };

/** SHA-256 of all decoded pixels, from a cache or without one. */
export async function digestOfPixels(
  images: readonly { path: string }[],
  size: Size,
  cacheFile?: string,
): Promise<string> {
  const store = await PixelStore.open(images, { ...size, workers: 1, cacheFile });
  try {
    const pixels = new Uint8Array(images.length * store.stride);
    await store.batch(images.map((_, i) => i), pixels);
    return createHash("sha256").update(pixels).digest("hex");
  } finally {
    store.close();
  }
}

/** SHA-256 of the names and bytes of all files in a folder and those below it. */
export async function digestOfFolder(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (
    const { name, isDirectory } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)
  ) {
    const path = join(folder, name);
    hash.update(`${name}\n`).update(isDirectory ? await digestOfFolder(path) : await Deno.readFile(path));
  }
  return hash.digest("hex");
}

/** Does a job, a line of answer for each of its parts. */
async function* answers(job: Job): AsyncGenerator<string> {
  if (job.kind === "run") {
    for (const folder of job.folders) yield await enter(folder);
  } else if (job.kind === "pixels") {
    const { train } = await readDataset(job.people);
    for (const cache of job.caches) yield await digestOfPixels(train, job.size, cache);
  } else if (job.kind === "people") {
    for (let round = 0; round < job.rounds; round++) yield await putSet(job.folder, job.seed, round);
  } else {
    yield* choose(job.rows, job.cache);
  }
}

/** Starts a run in a folder, if it may. */
async function enter(folder: string): Promise<string> {
  try {
    await RunFolder.create(folder, CONFIG);
    return "let in";
  } catch (error) {
    if (error instanceof RunError) return `refused: ${error.message}`;
    throw error;
  }
}

/** Puts a set of synthetic people in its place; of pictures it has the seed, many times. */
async function putSet(folder: string, seed: number, round: number): Promise<string> {
  const temporary = `${folder}-${Deno.pid}-${round}`;
  await writeSet(temporary, seed);
  await moveIntoPlace(temporary, folder, false);
  return "put";
}

/** A set of synthetic people as far as its place is concerned: the marker, and files that tell whose they are. */
export async function writeSet(folder: string, seed: number): Promise<void> {
  await Deno.mkdir(join(folder, "query"), { recursive: true });
  for (let i = 0; i < 8; i++) await Deno.writeTextFile(join(folder, "query", `${i}.jpg`), `seed ${seed}`);
  await Deno.writeTextFile(join(folder, MARKER), JSON.stringify({ version: 1, options: { seed } }));
}

/** Tunes a product for each number of rows, every one as a separate program; the last variant counts as fastest. */
async function* choose(rows: readonly number[], cache: string): AsyncGenerator<string> {
  const device = await Device.open();
  const tuner = (list: readonly Tunable[]) =>
    Promise.resolve(new Map(list.map(({ key }) => [key, variantsOf(key).at(-1)!])));
  for (const m of rows) {
    const dispatch = matmul({ m, k: 64, n: 64 }, device.target);
    for (
      const chosen of await tunedVariants(device, [{ dispatch, values: [], pass: "forward" }], cache, tuner)
    ) {
      yield chosen.join(" ");
    }
  }
  device.destroy();
}

if (import.meta.main) {
  console.log("ready");
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read();
  for await (const line of answers(JSON.parse(Deno.args[0]))) console.log(line);
  console.log("done");
  while (!(await lines.read()).done);
}
