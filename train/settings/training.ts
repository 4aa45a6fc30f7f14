/** Settings of the length of a run, its optimizer and its arithmetic. */
import { PRECISIONS } from "../../kernels/mod.ts";
import type { Rows } from "../../model/settings.ts";
import { byLoss } from "./loss.ts";

/** The group "Training" of `--help`. */
export const TRAINING_SETTINGS = {
  epochs: {
    type: "integer",
    min: 1,
    max: 100000,
    defaultBy: byLoss(({ defaults }) => defaults.epochs),
    help: "Passes over the training images.",
  },
  batchesPerEpoch: {
    type: "integer",
    min: 0,
    max: 1000000,
    default: 0,
    value: "COUNT",
    help: "Batches in an epoch; 0: about one pass over the images.",
  },
  learningRate: {
    type: "number",
    above: 0,
    max: 10,
    value: "RATE",
    aliases: ["lr"],
    defaultBy: byLoss(({ defaults }) => defaults.learningRate),
    help: "Highest learning rate of Adam.",
  },
  weightDecay: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.01,
    help: "Decoupled weight decay, of all weights except those of batch norm and biases.",
  },
  batchNormMomentum: {
    type: "number",
    min: 0,
    below: 1,
    default: 0.9,
    // Earlier versions took it from the implementation that the first weights came from.
    absent: { key: "convention", values: { own: 0.9, torchvision: 0.9, timm: 0.9, keras: 0.999 } },
    value: "SHARE",
    help:
      "Share of batch norm's running statistics that stays at every step, as Keras counts it; PyTorch's momentum is 1 " +
      "minus this.",
  },
  clipNorm: {
    type: "number",
    min: 0,
    max: 1e6,
    default: 0,
    absent: 0,
    value: "NORM",
    help:
      "Scales the gradients of a step down to this norm if that of all of them together is larger, as PyTorch's " +
      "clip_grad_norm_ does; 0: never.",
  },
  ema: {
    type: "number",
    min: 0,
    below: 1,
    default: 0,
    value: "DECAY",
    help:
      "Keeps an exponential moving average of all weights and running statistics, and scores it. DECAY, such as 0.99, is " +
      "the share that stays at every step; 0: no average (Polyak and Juditsky 1992; Tarvainen and Valpola 2017).",
  },
  precision: {
    type: "choice",
    choices: ["auto", ...PRECISIONS],
    default: "auto",
    help:
      "Format in which activations and their gradients are stored. f16 takes half the memory: weights stay f32, kernels " +
      "compute in f32, and the loss is scaled so that gradients fit. auto: f16 on a GPU, f32 on a software adapter; the " +
      "run keeps what it began with. Scoring uses f32.",
  },
  memory: {
    type: "choice",
    choices: ["normal", "low"],
    default: "normal",
    help:
      "low recomputes the expanded activations for the gradients instead of keeping them: less memory, slower steps, " +
      "the same results.",
  },
  holdoutPeople: {
    type: "integer",
    min: 0,
    max: 1000000,
    default: 0,
    absent: 0,
    value: "COUNT",
    help:
      "Leaves COUNT of the training people out of training, drawn by the seed, and estimates on them which distance means " +
      "one person: the network keeps these thresholds (docs/evaluation.md).",
  },
  seed: {
    type: "integer",
    min: 0,
    max: 4294967295,
    default: 1,
    help: "Decides every random choice. Equal seeds give equal bytes on one adapter.",
  },
} as const satisfies Rows;
