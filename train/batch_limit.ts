/** Batches that are too large for the adapter, and the largest ones that are not. */
import { LimitError } from "../engine/mod.ts";
import type { TrainingOptions } from "./options.ts";

/** What sets the number of images in a batch. */
type BatchOptions = Pick<TrainingOptions, "sampler" | "k">;

/**
 * Has a refusal of a training step name the largest batch that fits, and the flags that ask for it; every other error is
 * returned as it is.
 *
 * @param images in the batch that was refused.
 */
export function namingLargestBatch(error: unknown, options: BatchOptions, images: number): unknown {
  if (!(error instanceof LimitError) || error.tooLarge.length === 0) return error;
  const fitting = error.tooLarge.map(({ shape, times }) => images / times ** (1 / batchAxes(shape, images)));
  const most = Math.floor(Math.min(...fitting));
  return new LimitError(`${error.message} ${remedy(options, most)}`, error.tooLarge);
}

/** Axes that a smaller batch makes shorter: of images the first, whatever their height and width; of pairs all. */
function batchAxes(shape: readonly number[], images: number): number {
  return shape.length === 4 ? 1 : Math.max(1, shape.filter((extent) => extent === images).length);
}

/** Flags for at most so many images. */
function remedy({ sampler, k }: BatchOptions, most: number): string {
  const batch = (images: number, flags: string) =>
    `The largest batch that fits has ${images} images: ${flags}, or smaller images (--image-height, --image-width), or ` +
    "a narrower network (--width).";
  if (sampler === "pk" && most >= 2 * k) {
    const p = Math.floor(most / k);
    return batch(p * k, `--p ${p} --k ${k}`);
  }
  if (sampler === "pk" && most >= 4) {
    return batch(2 * Math.floor(most / 2), `--p 2 --k ${Math.floor(most / 2)}`);
  }
  if (sampler === "triplets" && most >= 3) {
    const triplets = Math.floor(most / 3);
    return batch(3 * triplets, `--triplets ${triplets}`);
  }
  if (sampler === "shuffled" && most >= 2) return batch(most, `--batch-size ${most}`);
  return "No batch is small enough: give smaller images (--image-height, --image-width) or a narrower network (--width).";
}
