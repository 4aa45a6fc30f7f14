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
  type LearningRateMultiplier,
  LossScale,
  normalizedImages,
  type Optimizer,
  type Parameter,
  Program,
  type ProgramArguments,
  type Recorded,
  type Tensor,
  u32,
  type Uint32Tensor,
  type Update,
  WeightAverage,
} from "../engine/mod.ts";
import { augmentedBatch } from "../data/augmentation/augmentation.ts";
import { imageUint32 } from "../kernels/mod.ts";
import { CenterLoss, identityLoss, lossTable, MiningWarmUp } from "../losses/mod.ts";
import { COLOR_STATISTICS } from "../model/conventions.ts";
import type { FoldedWeights } from "../model/folded_weights.ts";
import type { NeckFeatures, ReidModel } from "../model/reid_model.ts";
import type { StepOutputs } from "./metrics.ts";
import type { RunOptions, TrainingOptions } from "./options.ts";

/** What a step takes of a batch. */
export interface StepInputs {
  /** Those of its images that this process brings: {@linkcode TrainingStep.images}. */
  readonly pixels: Uint32Array;
  /** Of the same images, from packAugmentations(). */
  readonly augmentations: Float32Array;
  /** Of all images. */
  readonly labels: Uint32Array;
}

/** A recorded training step, whole or in shards. */
export interface TrainingStep {
  /** The images of every batch that this process brings: their first index and their number. */
  readonly images: { readonly first: number; readonly count: number };
  /** Makes one step; see {@linkcode Program.submit}. */
  submit(inputs: StepInputs, options?: { more?: boolean }): Promise<{ outputs: Promise<StepOutputs> }>;
  /** The dispatches of its longest program. */
  readonly dispatches: readonly Recorded[];
  /** Bytes of GPU memory of its programs together. */
  readonly bytes: number;
  /** To be called where the set's values were overwritten: the step reads anew what it has kept of them. */
  forget?(): void;
  /** The program of a step that is made whole. */
  readonly whole?: WholeStep;
  /** Frees the memory. */
  destroy(): void;
}

/** A step made whole: one program. */
export type WholeStep = Awaited<ReturnType<typeof recordTrainingStep>>;

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

/** The warm-up of mining of a run of so many steps, if it has one. */
export function trainingMining({ miningWarmUp }: TrainingOptions, steps: number): MiningWarmUp | undefined {
  return miningWarmUp > 0 ? new MiningWarmUp(miningWarmUp * steps) : undefined;
}

/** The weight average of a run that has one; adds its averages to the model's parameters, as they are so far. */
export function trainingAverage(model: ReidModel, { ema }: TrainingOptions): WeightAverage | undefined {
  return ema > 0 ? new WeightAverage(model.parameters, ema) : undefined;
}

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
  /** The warm-up of mining, from trainingMining(). */
  readonly mining?: MiningWarmUp;
  /** The average of the weights, from trainingAverage(). */
  readonly average?: WeightAverage;
}

/** What a program takes of `images` images. */
export function imageInputs({ spec: { imageHeight, imageWidth } }: ReidModel, images: number) {
  return {
    pixels: u32([images, imageUint32(imageHeight, imageWidth)]),
    augmentations: f32([images, AUGMENTATION_NUMBERS]),
  };
}

/** The features of augmented images, in training. */
export function trainedFeatures(
  model: ReidModel,
  options: RunOptions,
  { pixels, augmentations }: ProgramArguments<ReturnType<typeof imageInputs>>,
  frozen: FoldedWeights | undefined,
): NeckFeatures {
  const size = { height: model.spec.imageHeight, width: model.spec.imageWidth };
  const batch = augmentedBatch(options, size, size);
  const color = COLOR_STATISTICS[model.spec.color];
  const normalized = augmentedImages(pixels, augmentations, batch, color);
  return model.neckFeatures(model.features(normalized, frozen ?? "training"), "training");
}

/** The triplet loss with its metrics, and the losses that are added to it; features for the centers are those before the neck. */
export function metricLoss(
  options: RunOptions,
  embeddings: Tensor,
  before: Tensor,
  labels: Uint32Tensor,
  { centers, mining }: StepExtras,
): { total: Tensor; triplet: Tensor } {
  const selected = lossTable[options.loss].apply(embeddings, labels, options);
  const { loss, metrics } = mining?.apply(selected, embeddings, labels, options) ?? selected;
  const total = centers ? add(loss, affine(centers.apply(before, labels), options.centerLoss, 0)) : loss;
  return { total, triplet: metrics };
}

/** Records the update by `optimize`, and what comes after it; returns its outputs. */
export function recordUpdate(
  model: ReidModel,
  { lossScale }: Optimizer,
  options: RunOptions,
  { frozen, taken = model.backbone, average }: StepExtras,
  optimize: (rate: LearningRateMultiplier) => Update,
): Record<"nonFinite", Tensor> & Record<string, Tensor> {
  const { nonFinite, clipping } = optimize((parameter) => {
    if (taken.has(parameter)) return frozen ? 0 : options.backboneLearningRate;
    return model.identityHead.includes(parameter) ? options.idLearningRate : 1;
  });
  average?.update();
  checkFinite(model.parameters, "state", nonFinite);
  return {
    nonFinite,
    ...(lossScale && { lossScale: asTensor(lossScale.state) }),
    ...(clipping && { clipping }),
  };
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
  extras: StepExtras = {},
) {
  return Program.record(
    device,
    { ...imageInputs(model, images), labels: u32([images]) },
    ({ labels, ...inputs }) => {
      const neck = trainedFeatures(model, options, inputs, extras.frozen);
      const { total: metric, triplet } = metricLoss(
        options,
        model.tripletFeatures(neck),
        neck.before,
        labels,
        extras,
      );
      const identity = options.idLoss > 0
        ? identityLoss(model.logits(neck), labels, options.labelSmoothing).loss
        : undefined;
      const total = identity ? add(metric, affine(identity, options.idLoss, 0)) : metric;
      const update = (rate: LearningRateMultiplier) => optimizer.minimize(total, rate);
      return { total, triplet, ...recordUpdate(model, optimizer, options, extras, update) };
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
