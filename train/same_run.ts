/** That all ranks train the same. */
import { basename } from "node:path";
import type { PixelStore } from "../data/pixels.ts";
import type { ParameterSet } from "../engine/mod.ts";
import type { Benchmark } from "../eval/benchmark.ts";
import { gatherValues, sameOnAllRanks } from "../ranks/mod.ts";
import { sha256 } from "./checksum.ts";
import type { Trainer } from "./trainer.ts";

/** Images that are digested at once. */
const IMAGES = 256;

/** SHA-256 of flat buffers of a set, as they lie on the GPU. */
export async function digestOfBuffers(set: ParameterSet, names: readonly string[]): Promise<string> {
  const values = await set.readRanges(...names.map((buffer) => ({ buffer })));
  return (await Promise.all(values.map(({ buffer }) => sha256(new Uint8Array(buffer))))).join();
}

/** A digest of a dataset's test: the names and the facts of all its images, and the pixels of those that are ranked. */
export async function digestOfTest({ dataset, store }: Benchmark): Promise<string> {
  const { train, query, gallery } = dataset;
  const facts = [train, query, gallery].map((images) =>
    images.map(({ path, ...image }) => [basename(path), ...Object.values(image)])
  );
  return JSON.stringify([facts, await digestOfPictures(store)]);
}

/** A digest of the decoded pixels of all images of a store. */
async function digestOfPictures(store: PixelStore): Promise<string> {
  const digests: string[] = [JSON.stringify(store.usable)];
  for (let first = 0; first < store.count; first += IMAGES) {
    const indices = Array.from({ length: Math.min(IMAGES, store.count - first) }, (_, i) => first + i)
      .filter((i) => store.usable[i]);
    const pixels = new Uint8Array(indices.length * store.stride);
    await store.batch(indices, pixels);
    digests.push(await sha256(pixels));
  }
  return await sha256(new TextEncoder().encode(digests.join()));
}

/**
 * Compares what decides the numbers of a run on all ranks, before its first step.
 *
 * @throws {RanksError} on every rank where they differ: which ranks, and in what.
 */
export async function requireSameRun(trainer: Trainer, tests: readonly Benchmark[]): Promise<void> {
  const { ranks, model, optimizer, options, step, trained, device } = trainer;
  if (ranks.size === 1) return;
  await sameOnAllRanks(ranks, {
    "the settings": JSON.stringify(options),
    "the training images": JSON.stringify([trained, await digestOfPictures(trainer.store)]),
    "the test images": (await Promise.all(tests.map(digestOfTest))).join(),
    "the weights": await digestOfBuffers(model.parameters, ["weights", "state", ...optimizer.state]),
    "the step to go on from": String(step),
    "the variants of kernels": JSON.stringify([...device.target.choices]),
    // What decides the other kernels; of a software adapter also the cores that the launcher gives a rank.
    "the class of the adapter": `${device.target.adapterClass} ${device.target.parallelism}`,
  });
}

/**
 * Has all ranks take the weights and the optimizer's state of rank 0 where their adapters are of several kinds: each rank
 * updates its weights by the same gradients, and other adapters round otherwise.
 */
export async function takeRankZeros({ ranks, device, model, optimizer }: Trainer): Promise<void> {
  if (new Set(await gatherValues(ranks, device.adapter.name)).size === 1) return;
  const { parameters } = model;
  const buffers = ["weights", "state", ...optimizer.state].map((buffer) => ({ buffer }));
  const [values = []] = await gatherValues(
    ranks,
    ranks.rank === 0 ? await parameters.readRanges(...buffers) : [],
  );
  for (const [i, { buffer }] of buffers.entries()) {
    const of = values[i];
    if (of) parameters.writeRange(buffer, of);
  }
}
