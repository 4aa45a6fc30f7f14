/** What a training step takes of a batch, from the host. */
import type { PixelStore } from "../data/pixels.ts";
import type { Batch } from "../data/sampler.ts";
import { stepAugmentations } from "./from_options.ts";
import type { TrainingOptions } from "./options.ts";
import type { StepInputs, TrainingStep } from "./step.ts";

/** The inputs of a step, counted from 0: pixels and augmentations of the images that this process brings, labels of all. */
export async function stepInputs(
  store: PixelStore,
  options: TrainingOptions,
  step: number,
  { images, labels }: Batch,
  { first, count }: TrainingStep["images"],
): Promise<StepInputs> {
  const all = stepAugmentations(options, step, images.length);
  const each = all.length / images.length;
  const bytes = new Uint8Array(count * store.stride);
  await store.batch(images.subarray(first, first + count), bytes);
  return {
    pixels: new Uint32Array(bytes.buffer),
    augmentations: all.subarray(first * each, (first + count) * each),
    labels: new Uint32Array(labels),
  };
}
