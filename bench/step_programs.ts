/** The programs that bench:step times and that a plan counts: a training step and a forward pass, and their inputs. */
import { UsageError } from "../cli/flags.ts";
import type { FlagTable } from "../cli/flags.ts";
import { imageUint32 } from "../kernels/mod.ts";
import { packTransforms, Random, UNMOVED } from "../engine/mod.ts";
import { FLAG_SETTINGS, type TrainingOptions } from "../train/options.ts";
import { AUGMENTATION_SETTINGS } from "../train/settings/augmentation.ts";
import { stepAugmentations } from "../train/from_options.ts";

/** The settings that decide a program. */
export const STEP_SETTINGS = {
  width: FLAG_SETTINGS.width,
  imageHeight: FLAG_SETTINGS.imageHeight,
  imageWidth: FLAG_SETTINGS.imageWidth,
  loss: FLAG_SETTINGS.loss,
  precision: FLAG_SETTINGS.precision,
  memory: FLAG_SETTINGS.memory,
  ...AUGMENTATION_SETTINGS,
} as const satisfies FlagTable;

/** `--batch`. */
export const BATCH_FLAG = {
  type: "integer",
  min: 2,
  max: 4096,
  default: 32,
  help: "Images in a batch; a multiple of 3 for --loss basic.",
} as const satisfies FlagTable[string];

/** `--micro-batches` where ranks share them. */
export const RANK_SHARDS_FLAG = {
  type: "integer",
  min: 1,
  max: 4096,
  value: "N",
  help: "Shards of the batch; by default one for each rank.",
} as const satisfies FlagTable[string];

/** @throws {UsageError} when the batch cannot be divided into the shards, or the shards among the ranks. */
export function checkShards(batch: number, ranks: number, shards: number): void {
  if (batch % shards !== 0) {
    throw new UsageError(`--batch ${batch} cannot be divided into ${shards} shards of equal size`);
  }
  if (shards % ranks !== 0) {
    throw new UsageError(`${ranks} ranks cannot share --micro-batches ${shards}: every rank takes as many`);
  }
}

/** @throws {UsageError} when the loss cannot be computed from so many images. */
export function checkBatch({ loss, batch }: { loss: string; batch: number }): void {
  if (loss === "basic" && batch % 3 !== 0) {
    throw new UsageError(
      `--loss basic takes batches of whole triplets, a multiple of 3; got --batch ${batch}`,
    );
  }
}

/** Random images, four of each person. */
export function stepInputs(options: TrainingOptions, batch: number) {
  return {
    pixels: randomPixels(options, batch),
    augmentations: stepAugmentations(options, 0, batch),
    labels: Uint32Array.from({ length: batch }, (_, i) => i >> 2),
  };
}

/** Random images as they are. */
export function forwardInputs(options: TrainingOptions, batch: number) {
  return {
    pixels: randomPixels(options, batch),
    transforms: packTransforms(new Array(batch).fill(UNMOVED)),
  };
}

function randomPixels({ imageHeight, imageWidth }: TrainingOptions, batch: number) {
  const random = new Random(1);
  return Uint32Array.from({ length: batch * imageUint32(imageHeight, imageWidth) }, () => random.uint32());
}
