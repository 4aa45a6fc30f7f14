/** One training step as a program: images in, weights updated, metrics out. */
import {
  Adam,
  add,
  affine,
  asTensor,
  AUGMENTATION_NUMBERS,
  augmentedImages,
  type Device,
  f32,
  LossScale,
  normalisedImages,
  type Optimiser,
  Program,
  type Tensor,
  u32,
} from "../engine/mod.ts";
import { augmentedBatch } from "../data/augmentation/augmentation.ts";
import { imageWords } from "../kernels/mod.ts";
import { identityLoss, lossTable } from "../losses/mod.ts";
import type { ReidModel } from "../model/reid_model.ts";
import type { TrainingOptions } from "./options.ts";

/** A recorded training step. */
export type TrainingStep = Awaited<ReturnType<typeof recordTrainingStep>>;

/** The optimiser of a run; adds the state of its loss's scale to the model's parameters where the run needs one. */
export function trainingOptimiser(model: ReidModel, { weightDecay, precision }: TrainingOptions): Adam {
  const lossScale = precision === "f16" ? new LossScale(model.parameters) : undefined;
  return new Adam(model.parameters, { weightDecay, lossScale });
}

/**
 * Records forward, loss, backward and update for batches of `images` images.
 *
 * Inputs: `pixels`, images of the network's size; `augmentations` from packAugmentations(); `labels`; and the optimiser's
 * `settings`. Outputs: `total`, the loss that was differentiated; `triplet`, the values of TRIPLET_METRICS; and `lossScale`, where the
 * optimiser has one, its state after the step.
 */
export function recordTrainingStep(
  device: Device,
  model: ReidModel,
  optimiser: Optimiser,
  options: TrainingOptions,
  images: number,
) {
  const size = { height: model.spec.imageHeight, width: model.spec.imageWidth };
  const batch = augmentedBatch(options, size, size);
  return Program.record(
    device,
    {
      pixels: u32([images, imageWords(size.height, size.width)]),
      augmentations: f32([images, AUGMENTATION_NUMBERS]),
      labels: u32([images]),
      settings: optimiser.input,
    },
    ({ pixels, augmentations, labels, settings }) => {
      const features = model.features(augmentedImages(pixels, augmentations, batch), "training");
      const sides = model.sides(features, "training");
      const triplet = lossTable[options.loss].apply(model.compared(sides), labels, options);
      let total = triplet.loss;
      if (options.idLoss > 0) {
        const identity = identityLoss(model.logits(sides), labels, options.labelSmoothing);
        total = add(total, affine(identity.loss, options.idLoss, 0));
      }
      optimiser.minimize(total, settings);
      const outputs: { total: Tensor; triplet: Tensor } = { total, triplet: triplet.metrics };
      const { lossScale } = optimiser;
      return lossScale ? { ...outputs, lossScale: asTensor(lossScale.state) } : outputs;
    },
    { precision: options.precision, memory: options.memory },
  );
}

/** Records a forward pass whose only effect is on the running statistics of batch norm. */
export function recordCalibration(device: Device, model: ReidModel, images: number) {
  const size = { height: model.spec.imageHeight, width: model.spec.imageWidth };
  return Program.record(
    device,
    { pixels: u32([images, imageWords(size.height, size.width)]), transforms: u32([images, 4]) },
    ({ pixels, transforms }) => {
      model.sides(model.features(normalisedImages(pixels, transforms, size), "training"), "training");
      return {};
    },
  );
}
