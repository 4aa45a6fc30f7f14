/** The flags of `deno task train`, and the settings that they make. */
import { METRICS, PRECISIONS } from "../kernels/mod.ts";
import { type LossEntry, lossTable } from "../losses/mod.ts";
import { MEMORY, parseTrainingOptions, type TrainingOptions } from "../train/options.ts";
import { type Command, defineFlags, type FlagValues, parseFlags, UsageError } from "./flags.ts";

const losses = Object.values(lossTable).map(({ key, summary }) => `${key}: ${summary}`).join(" ");

function defaultsOf(name: keyof LossEntry["defaults"]): string {
  return Object.values(lossTable).map(({ key, defaults }) => `${defaults[name]} for ${key}`).join(", ");
}

/** What `--help` says first. */
export const TRAIN_COMMAND: Command = {
  usage: "deno task train",
  summary: "Trains MobileNetV2 to tell people apart, then scores it on people it has never seen.",
  examples: [
    [
      "deno task train --loss hard",
      "batch-hard triplets on synthetic people, a few minutes on two CPU cores",
    ],
    [
      "deno task train --data Market-1501-v15.09.15 --width 1 --image-height 256 --image-width 128 --epochs 120",
      "the real thing, on a GPU",
    ],
    ["deno task train --resume runs/hard", "go on with a run that was stopped"],
  ],
};

/** Flags that decide a run's numbers; a resumed run takes them from its checkpoint. */
export const SETTING_FLAGS = defineFlags({
  loss: { type: "choice", choices: Object.keys(lossTable), default: "hard", group: "Loss", help: losses },
  margin: {
    type: "number",
    min: 0,
    max: 10,
    group: "Loss",
    help: `How much farther than the positive a negative should be; by default ${defaultsOf("margin")}.`,
  },
  metric: {
    type: "choice",
    choices: [...METRICS],
    default: "euclidean",
    group: "Loss",
    help: "Distance between embeddings.",
  },
  "soft-margin": {
    type: "boolean",
    group: "Loss",
    help: "log(1 + e^x) in place of the hinge with its margin.",
  },
  "id-loss": {
    type: "number",
    min: 0,
    max: 100,
    value: "WEIGHT",
    group: "Loss",
    help: `Adds an identity head; weight of its cross-entropy beside the triplet loss; by default ${
      defaultsOf("idLoss")
    }.`,
  },
  "label-smoothing": {
    type: "number",
    min: 0,
    below: 1,
    default: 0.1,
    group: "Loss",
    help: "Of the identity head's cross-entropy.",
  },
  p: {
    type: "integer",
    min: 2,
    max: 512,
    default: 8,
    group: "Batch",
    help: "Identities in a batch (--loss hard).",
  },
  k: {
    type: "integer",
    min: 2,
    max: 64,
    default: 4,
    group: "Batch",
    help: "Images of each identity in a batch (--loss hard).",
  },
  "batch-size": {
    type: "integer",
    min: 2,
    max: 2048,
    default: 96,
    group: "Batch",
    help: "Images in a batch (--loss semi-hard).",
  },
  triplets: {
    type: "integer",
    min: 1,
    max: 512,
    default: 11,
    group: "Batch",
    help: "Triplets in a batch of three times as many images (--loss basic).",
  },
  width: {
    type: "number",
    above: 0,
    max: 4,
    default: 0.5,
    group: "Network",
    help: "Width multiplier of MobileNetV2.",
  },
  "image-height": {
    type: "integer",
    min: 32,
    max: 1024,
    default: 128,
    value: "PIXELS",
    group: "Network",
    help: "Height that images are resized to.",
  },
  "image-width": {
    type: "integer",
    min: 32,
    max: 1024,
    default: 64,
    value: "PIXELS",
    group: "Network",
    help: "Width that images are resized to.",
  },
  "embedding-size": {
    type: "integer",
    min: 0,
    max: 8192,
    default: 0,
    group: "Network",
    help:
      "Adds a linear projection of the 1280 pooled features to this size; 0: the features are the embedding.",
  },
  neck: {
    type: "boolean",
    default: true,
    group: "Network",
    help: "Batch norm without shift between features and embedding: keeps embeddings from collapsing.",
  },
  normalize: { type: "boolean", default: true, group: "Network", help: "Scale embeddings to length one." },
  epochs: {
    type: "integer",
    min: 1,
    max: 100000,
    group: "Training",
    help: `Passes over the training images; by default ${defaultsOf("epochs")}.`,
  },
  "batches-per-epoch": {
    type: "integer",
    min: 0,
    max: 1000000,
    default: 0,
    value: "COUNT",
    group: "Training",
    help: "Length of an epoch; 0: about one pass over the images.",
  },
  lr: {
    type: "number",
    above: 0,
    max: 10,
    value: "RATE",
    group: "Training",
    help: `Highest learning rate of Adam; by default ${defaultsOf("learningRate")}.`,
  },
  "warm-up": {
    type: "number",
    min: 0,
    max: 1,
    default: 0.1,
    value: "SHARE",
    group: "Training",
    help: "Share of the run over which the learning rate rises from 0; then half a cosine brings it down.",
  },
  "weight-decay": {
    type: "number",
    min: 0,
    max: 1,
    default: 0.01,
    group: "Training",
    help: "Decoupled weight decay; batch norm and biases are exempt.",
  },
  shift: {
    type: "integer",
    min: 0,
    max: 256,
    default: 4,
    value: "PIXELS",
    group: "Training",
    help: "Training images are shifted by up to this many pixels each way (and mirrored half of the time).",
  },
  precision: {
    type: "choice",
    choices: [...PRECISIONS],
    default: "f32",
    group: "Training",
    help:
      "What activations and their gradients are stored as. f16 takes half the memory: weights stay f32, kernels " +
      "compute in f32, and the loss is scaled so that gradients fit. Scoring is done in f32.",
  },
  memory: {
    type: "choice",
    choices: [...MEMORY],
    default: "normal",
    group: "Training",
    help:
      "low keeps no expanded activations and makes them again for the gradients: less memory, slower steps, the " +
      "same results.",
  },
  seed: {
    type: "integer",
    min: 0,
    max: 4294967295,
    default: 1,
    group: "Training",
    help: "Decides every random choice; equal seeds give equal bytes on one adapter.",
  },
});

/** Flags that say where things are. */
const PLACE_FLAGS = defineFlags({
  data: {
    type: "string",
    value: "DIR",
    group: "Files",
    help: "Market-1501 folder; without it synthetic people are drawn.",
  },
  out: {
    type: "string",
    value: "DIR",
    group: "Files",
    help: "Folder of the run; by default the first free one of runs/LOSS, runs/LOSS-2, ...",
  },
  resume: {
    type: "string",
    value: "DIR",
    group: "Files",
    help: "Go on with the run in this folder, with its own settings.",
  },
  cache: {
    type: "string",
    value: "DIR",
    default: ".cache",
    group: "Files",
    help: "Where synthetic people, decoded pixels and tuned kernels are kept.",
  },
});

/** Whether kernels are tuned; a resumed run keeps its own. */
export const TUNE_FLAG = defineFlags({
  tune: {
    type: "boolean",
    group: "Kernels",
    help:
      "Times the variants of every kernel on this adapter first, minutes the first time, and uses the fastest. " +
      "Results change in their last digits.",
  },
});

/** What the flags of `deno task train` ask for. */
export interface TrainFlags {
  /** Of a new run; a resumed one has its own. */
  readonly options: TrainingOptions;
  readonly data: string | undefined;
  readonly out: string | undefined;
  readonly resume: string | undefined;
  readonly cache: string;
  /** Whether a new run's kernels are tuned first. */
  readonly tune: boolean;
}

/**
 * Parses the arguments of `deno task train`.
 *
 * @throws {UsageError} for a mistake in them, such as a setting given to a run that is resumed.
 */
export function parseTrainFlags(args: readonly string[]): TrainFlags {
  const flags = parseFlags(TRAIN_COMMAND, { ...SETTING_FLAGS, ...PLACE_FLAGS, ...TUNE_FLAG }, args);
  const { data, out, resume, cache, tune } = flags;
  if (resume !== undefined) {
    const kept = [...Object.keys(SETTING_FLAGS), "out", "tune"].map((name) =>
      new RegExp(`^--(no-)?${name}(=|$)`)
    );
    const given = args.find((arg) => kept.some((pattern) => pattern.test(arg)));
    if (given !== undefined) {
      throw new UsageError(
        `A resumed run keeps its settings and its folder: leave out ${
          given.replace(/=.*$/s, "")
        }, or start a new run ` +
          "without --resume",
      );
    }
  }
  return { options: trainingOptions(flags), data, out, resume, cache, tune };
}

/** Settings from the flags' values, and nothing else of them: a checkpoint holds no paths. */
export function trainingOptions({ lr, ...flags }: FlagValues<typeof SETTING_FLAGS>): TrainingOptions {
  const { defaults } = lossTable[flags.loss];
  const { margin = defaults.margin, epochs = defaults.epochs, idLoss = defaults.idLoss } = flags;
  return parseTrainingOptions({
    ...flags,
    margin,
    epochs,
    idLoss,
    learningRate: lr ?? defaults.learningRate,
  });
}
