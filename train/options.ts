/** Settings of a training run: what the flags set, and what a checkpoint must agree with to be resumed. */
import type { SamplerKey } from "../data/samplers.ts";
import {
  ERASE_FILLS,
  type EraseFill,
  type Metric,
  METRICS,
  type Precision,
  PRECISIONS,
} from "../kernels/mod.ts";
import { lossTable } from "../losses/mod.ts";
import { type ConventionKey, CONVENTIONS } from "../model/conventions.ts";
import { type FieldTypes, readFields } from "../model/fields.ts";
import { checkNeck, type Neck, type TestFeature } from "../model/model_spec.ts";
import { checkSchedule } from "./schedule.ts";

/** All settings that decide the run's numbers. Kept in the run's folder as `config.json`. */
export interface TrainingOptions {
  /** The recipe that the settings were taken from, as far as no flag said otherwise; they themselves follow. */
  recipe: string;
  /** Key of the loss table. */
  loss: string;
  margin: number;
  metric: Metric;
  softMargin: boolean;
  /** How batches are drawn: a key of `samplers`, one of those that the loss can work with. */
  sampler: SamplerKey;
  /** Identities and images of each in a P×K batch. */
  p: number;
  k: number;
  /** Images in a shuffled batch. */
  batchSize: number;
  /** Triplets in a batch of three times as many images. */
  triplets: number;
  /** Weight of the identity head's cross-entropy beside the triplet loss; 0: no head. */
  idLoss: number;
  labelSmoothing: number;
  /** What multiplies the learning rate of the identity head. */
  idRate: number;
  /** Weight of the center loss beside the triplet loss; 0: none. */
  centerLoss: number;
  /** Width multiplier. */
  width: number;
  imageHeight: number;
  imageWidth: number;
  /** 0: the 1280 pooled features. */
  embeddingSize: number;
  /** What stands between features and losses. */
  neck: Neck;
  /** On which side of the neck the embeddings of scoring are taken. */
  testFeature: TestFeature;
  normalize: boolean;
  /** SHA-256, in hexadecimal, of the file that the backbone's first weights come from; empty where they are drawn. */
  initialWeights: string;
  /** Padding, batch norm and colors of the implementation that the weights come from. */
  convention: ConventionKey;
  /** Epochs at the start in which the backbone stays as it is and only the head learns. */
  freezeEpochs: number;
  /** What the backbone's learning rate is multiplied by. */
  backboneRate: number;
  epochs: number;
  /** Batches in an epoch; 0: one pass over the images. */
  batchesPerEpoch: number;
  learningRate: number;
  /** How the learning rate goes down: a key of `scheduleTable`. */
  schedule: string;
  /** Share of the run over which the learning rate rises from 0. */
  warmUp: number;
  /** What the learning rate is multiplied by, and when, as shares of the run: see `LearningRateOptions`. */
  decay: number;
  decayAt: string;
  weightDecay: number;
  /** Decay of the exponential moving average of the weights, which is what is scored; 0: none. */
  ema: number;
  /** Probability that a training image is mirrored; for this and the next five see `AugmentationSettings`. */
  flip: number;
  /** Pixels by which training images are shifted at most, each way. */
  shift: number;
  /** Training images are scaled by a factor from 1 / (1 + zoom) to 1 + zoom. */
  zoom: number;
  /** Probability that a rectangle of a training image is erased. */
  erase: number;
  eraseFill: EraseFill;
  /** Strength of the changes of training images' colors. */
  colorJitter: number;
  /** What activations and their gradients are stored as; f16 comes with loss scaling. */
  precision: Precision;
  /** `low` makes the expanded activations again in the backward pass instead of keeping them. */
  memory: "normal" | "low";
  seed: number;
}

/** What `memory` may be. */
export const MEMORY = ["normal", "low"] as const;

const TYPES: FieldTypes<TrainingOptions> = {
  recipe: "string",
  loss: "string",
  margin: "number",
  metric: "string",
  softMargin: "boolean",
  sampler: "string",
  p: "number",
  k: "number",
  batchSize: "number",
  triplets: "number",
  idLoss: "number",
  labelSmoothing: "number",
  idRate: "number",
  centerLoss: "number",
  width: "number",
  imageHeight: "number",
  imageWidth: "number",
  embeddingSize: "number",
  neck: "string",
  testFeature: "string",
  normalize: "boolean",
  initialWeights: "string",
  convention: "string",
  freezeEpochs: "number",
  backboneRate: "number",
  epochs: "number",
  batchesPerEpoch: "number",
  learningRate: "number",
  schedule: "string",
  warmUp: "number",
  decay: "number",
  decayAt: "string",
  weightDecay: "number",
  ema: "number",
  flip: "number",
  shift: "number",
  zoom: "number",
  erase: "number",
  eraseFill: "string",
  colorJitter: "number",
  precision: "string",
  memory: "string",
  seed: "number",
};

/** Settings that count something. */
const WHOLE = [
  "p",
  "k",
  "batchSize",
  "triplets",
  "imageHeight",
  "imageWidth",
  "embeddingSize",
  "freezeEpochs",
  "epochs",
  "batchesPerEpoch",
  "shift",
  "seed",
] as const;

/**
 * Settings read from a file.
 *
 * @throws {Error} when one is missing or has no meaning; the message names it.
 */
export function parseTrainingOptions(value: unknown): TrainingOptions {
  const options = readFields<TrainingOptions>(value, TYPES);
  const broken = WHOLE.find((name) => !Number.isSafeInteger(options[name]));
  if (broken !== undefined) throw new Error(`${broken} should be a whole number and is ${options[broken]}`);
  if (!Object.hasOwn(lossTable, options.loss)) throw new Error(`there is no loss ${options.loss}`);
  if (!Object.hasOwn(CONVENTIONS, options.convention)) {
    throw new Error(`there is no convention ${options.convention}`);
  }
  const usable: readonly string[] = lossTable[options.loss].samplers;
  if (!usable.includes(options.sampler)) {
    throw new Error(
      `loss ${options.loss} takes batches of ${usable.join(" or ")}, not of ${options.sampler}`,
    );
  }
  if (!METRICS.includes(options.metric)) throw new Error(`there is no metric ${options.metric}`);
  if (!ERASE_FILLS.includes(options.eraseFill)) {
    throw new Error(`there is no fill ${options.eraseFill} for what is erased`);
  }
  if (!PRECISIONS.includes(options.precision)) throw new Error(`there is no precision ${options.precision}`);
  if (!MEMORY.includes(options.memory)) throw new Error(`there is no memory ${options.memory}`);
  if (options.ema >= 1) throw new Error(`ema should be below 1 and is ${options.ema}`);
  checkNeck(options);
  checkSchedule(options);
  return options;
}
