/** One training step as a program: images in, weights updated, metrics out. */
import {
  Adam,
  add,
  affine,
  asTensor,
  AUGMENTATION_NUMBERS,
  augmentedImages,
  checkFinite,
  type Device,
  f32,
  LossScale,
  normalizedImages,
  type Optimizer,
  type Parameter,
  Program,
  type Tensor,
  u32,
  WeightAverage,
} from "../engine/mod.ts";
import { augmentedBatch } from "../data/augmentation/augmentation.ts";
import { imageUint32 } from "../kernels/mod.ts";
import { CenterLoss, identityLoss, lossTable } from "../losses/mod.ts";
import { COLOR_STATISTICS } from "../model/conventions.ts";
import type { FoldedWeights } from "../model/folded_weights.ts";
import type { ReidModel } from "../model/reid_model.ts";
import type { RunOptions, TrainingOptions } from "./options.ts";

/** A recorded training step. */
export type TrainingStep = Awaited<ReturnType<typeof recordTrainingStep>>;

/** The optimizer of a run; adds the state of its loss's scale to the model's parameters where the run needs one. */
export function trainingOptimizer(
  model: ReidModel,
  { weightDecay, clipNorm, precision }: RunOptions,
): Adam {
  const lossScale = precision === "f16" ? new LossScale(model.parameters) : undefined;
  return new Adam(model.parameters, { weightDecay, clipNorm, lossScale });
}

/** The center loss of a run that has one; adds its centers to the model's parameters. */
export function trainingCenters(
  model: ReidModel,
  { centerLoss }: TrainingOptions,
  identities: number,
): CenterLoss | undefined {
  return centerLoss > 0 ? new CenterLoss(model.parameters, identities, model.embeddingSize) : undefined;
}

/** The weight average of a run that has one; adds its averages to the model's parameters, as they are so far. */
export function trainingAverage(model: ReidModel, { ema }: TrainingOptions): WeightAverage | undefined {
  return ema > 0 ? new WeightAverage(model.parameters, ema) : undefined;
}

/** Outputs of a step: those of every run, and `lossScale` and `clipping` if the run has them. */
type Outputs = Record<"total" | "triplet" | "nonFinite", Tensor> & Record<string, Tensor>;

/** Steps that are submitted before one is waited for; then their metrics come back. */
const STEPS_TOGETHER = 8;

/** What only some steps have. */
export interface StepExtras {
  /**
   * The backbone's weights in a step that leaves it as it is; only the head is trained then, and no gradient goes through
   * the backbone.
   */
  readonly frozen?: FoldedWeights;
  /** The parameters of the backbone that {@linkcode TrainingOptions.backboneLearningRate} applies to; all by default. */
  readonly taken?: ReadonlySet<Parameter>;
  /** The center loss, from trainingCenters(). */
  readonly centers?: CenterLoss;
  /** The average of the weights, from trainingAverage(). */
  readonly average?: WeightAverage;
}

/**
 * Records forward, loss, backward and update for batches of `images` images.
 *
 * Inputs: `pixels`, images of the network's size; `augmentations` from packAugmentations(); `labels`. Outputs: `total`, the loss that is differentiated; `triplet`, the
 * values of TRIPLET_METRICS; `nonFinite`, 1 if a weight, a moment or a running statistic is NaN or infinite;
 * `lossScale`, its state after the step, and `clipping`, which begins with the norm of the gradients.
 */
export function recordTrainingStep(
  device: Device,
  model: ReidModel,
  optimizer: Optimizer,
  options: RunOptions,
  images: number,
  { frozen, taken = model.backbone, centers, average }: StepExtras = {},
) {
  const color = COLOR_STATISTICS[model.spec.color];
  const size = { height: model.spec.imageHeight, width: model.spec.imageWidth };
  const batch = augmentedBatch(options, size, size);
  return Program.record(
    device,
    {
      pixels: u32([images, imageUint32(size.height, size.width)]),
      augmentations: f32([images, AUGMENTATION_NUMBERS]),
      labels: u32([images]),
    },
    ({ pixels, augmentations, labels }) => {
      const normalized = augmentedImages(pixels, augmentations, batch, color);
      const features = model.features(normalized, frozen ?? "training");
      const neck = model.neckFeatures(features, "training");
      const triplet = lossTable[options.loss].apply(model.tripletFeatures(neck), labels, options);
      let total = triplet.loss;
      if (options.idLoss > 0) {
        const identity = identityLoss(model.logits(neck), labels, options.labelSmoothing);
        total = add(total, affine(identity.loss, options.idLoss, 0));
      }
      if (centers) total = add(total, affine(centers.apply(neck.before, labels), options.centerLoss, 0));
      const backboneRate = frozen ? 0 : options.backboneLearningRate;
      const rate = (parameter: Parameter) => {
        if (taken.has(parameter)) return backboneRate;
        return model.identityHead.includes(parameter) ? options.idLearningRate : 1;
      };
      const { nonFinite, clipping } = optimizer.minimize(total, rate);
      average?.update();
      checkFinite(model.parameters, "state", nonFinite);
      const outputs: Outputs = { total, triplet: triplet.metrics, nonFinite };
      if (optimizer.lossScale) outputs.lossScale = asTensor(optimizer.lossScale.state);
      if (clipping) outputs.clipping = clipping;
      return outputs;
    },
    { precision: options.precision, memory: options.memory, together: STEPS_TOGETHER },
  );
}

/**
 * Records a forward pass whose only effect is on the running statistics of batch norm, or on the head's alone where the
 * backbone is `frozen`.
 */
export function recordCalibration(device: Device, model: ReidModel, images: number, frozen?: FoldedWeights) {
  const color = COLOR_STATISTICS[model.spec.color];
  const size = { height: model.spec.imageHeight, width: model.spec.imageWidth };
  return Program.record(
    device,
    { pixels: u32([images, imageUint32(size.height, size.width)]), transforms: u32([images, 4]) },
    ({ pixels, transforms }) => {
      const normalized = normalizedImages(pixels, transforms, size, color);
      model.neckFeatures(model.features(normalized, frozen ?? "training"), "training");
      return {};
    },
  );
}
