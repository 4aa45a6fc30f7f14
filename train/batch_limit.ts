/** Batches that are too large for the adapter, and the largest ones that are not. */
import { LimitError } from "../engine/mod.ts";
import type { RunRemedy } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";

/** What sets the number of images in a batch. */
type BatchOptions = Pick<TrainingOptions, "sampler" | "k">;

/**
 * Adds the largest batch that fits to a refusal of a training step, with the settings of such a batch as its remedy.
 * Returns every other error as it is.
 *
 * @param images in the batch that was refused.
 */
export function namingLargestBatch(error: unknown, options: BatchOptions, images: number): unknown {
  if (!(error instanceof LimitError) || error.tooLarge.length === 0) return error;
  const fitting = error.tooLarge.map(({ shape, times }) => images / times ** (1 / batchAxes(shape, images)));
  const most = Math.floor(Math.min(...fitting));
  const batch = largestBatch(options, most);
  const remedies: RunRemedy[] = [
    ...(batch ? [{ kind: "set", settings: batch.settings } as const] : []),
    { kind: "change", settings: ["microBatches", "imageHeight", "imageWidth", "width"] },
  ];
  const fits = batch ? `The largest batch that fits has ${batch.images} images` : "No batch is small enough";
  return new LimitError(
    `${error.message} ${fits}; micro-batches, smaller images or a narrower network ${
      batch ? "help too" : "help"
    }.`,
    error.tooLarge,
    remedies,
  );
}

/** The number of axes that a smaller batch shortens: the first one of images, all of pairs. */
function batchAxes(shape: readonly number[], images: number): number {
  return shape.length === 4 ? 1 : Math.max(1, shape.filter((extent) => extent === images).length);
}

/** The largest batch of at most so many images, and its settings; undefined where no batch is small enough. */
function largestBatch({ sampler, k }: BatchOptions, most: number) {
  if (sampler === "pk") {
    const settings = most >= 2 * k ? { p: Math.floor(most / k), k } : { p: 2, k: Math.floor(most / 2) };
    return most >= 4 ? { images: settings.p * settings.k, settings } : undefined;
  }
  const images = sampler === "triplets" ? most - most % 3 : most;
  if (images < 2) return undefined;
  return { images, settings: sampler === "triplets" ? { triplets: images / 3 } : { batchSize: images } };
}
