/** The check that all ranks train the same. */
import { sameOnAllRanks } from "../ranks/mod.ts";
import { sha256 } from "./checksum.ts";
import type { Trainer } from "./trainer.ts";

/**
 * Compares what decides the numbers of a run on all ranks, before its first step.
 *
 * @throws {RanksError} on every rank where they differ: which ranks, and in what.
 */
export async function requireSameRun(trainer: Trainer): Promise<void> {
  const { ranks, model, optimizer, options, step, trained, store, device } = trainer;
  if (ranks.size === 1) return;
  const { parameters } = model;
  const settings = Object.entries(options).map(([key, value]) => [`setting ${key}`, String(value)]);
  const buffers = ["weights", "state", ...optimizer.state].map((buffer) => ({ buffer }));
  const values = await parameters.readRanges(...buffers);
  const digests = await Promise.all(values.map(({ buffer }) => sha256(new Uint8Array(buffer))));
  await sameOnAllRanks(ranks, {
    ...Object.fromEntries(settings),
    "the training images": JSON.stringify([trained, store.usable]),
    "the weights": digests.join(),
    "the step to go on from": String(step),
    "the variants of kernels": JSON.stringify([...device.target.choices]),
    // What decides the other kernels; of a software adapter also the cores that the launcher gives a rank.
    "the class of the adapter": `${device.target.adapterClass} ${device.target.parallelism}`,
  });
}
