/** What a run would do to its images, for people to look at. */
import {
  AUGMENTATION_NUMBERS,
  augmentedImages,
  type Device,
  f32,
  IMAGENET_COLOR,
  Program,
  u32,
} from "../engine/mod.ts";
import { augmentedBatch } from "../data/augmentation/augmentation.ts";
import type { PixelStore } from "../data/pixels.ts";
import { imageUint32 } from "../kernels/mod.ts";
import type { TrainingOptions } from "./options.ts";
import { stepAugmentations } from "./from_options.ts";

/**
 * Images as the first steps of a run would see them, if every batch began with these images in this order: made by the
 * run's own kernel with the run's own parameters, and read back.
 *
 * @param images which of the store, whose images have the network's size.
 * @returns for each image its `steps` variants, bytes [height, width, 3].
 */
export async function augmentedVariants(
  device: Device,
  options: TrainingOptions,
  store: PixelStore,
  images: readonly number[],
  steps: number,
): Promise<Uint8Array[][]> {
  const size = { height: options.imageHeight, width: options.imageWidth };
  const batch = augmentedBatch(options, size, size);
  const n = images.length;
  const program = await Program.record(
    device,
    {
      pixels: u32([n, imageUint32(size.height, size.width)]),
      augmentations: f32([n, AUGMENTATION_NUMBERS]),
    },
    ({ pixels, augmentations }) => ({ y: augmentedImages(pixels, augmentations, batch) }),
  );
  const bytes = new Uint8Array(n * store.stride);
  await store.batch(images, bytes);
  const variants: Uint8Array[][] = images.map(() => []);
  for (let step = 0; step < steps; step++) {
    const augmentations = stepAugmentations(options, step, n);
    const { y } = await program.run({ pixels: new Uint32Array(bytes.buffer), augmentations });
    const length = y.length / n;
    variants.forEach((row, i) => row.push(imageBytes(y.subarray(i * length, (i + 1) * length))));
  }
  program.destroy();
  return variants;
}

/** Normalized values [height, width, 3] as the bytes that they stand for. */
function imageBytes(values: Float32Array): Uint8Array {
  const { mean, deviation } = IMAGENET_COLOR;
  return Uint8Array.from(values, (value, i) => Math.round(255 * (value * deviation[i % 3]! + mean[i % 3]!)));
}
