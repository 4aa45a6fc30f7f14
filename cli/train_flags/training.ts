/** Flags of `deno task train`: how long, how fast and in what form. */
import { PRECISIONS } from "../../kernels/mod.ts";
import { MEMORY } from "../../train/options.ts";
import { defineFlags } from "../flags.ts";
import { defaultsOf } from "./loss_defaults.ts";

/** The group "Training" of `--help`. */
export const TRAINING_FLAGS = defineFlags({
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
  "weight-decay": {
    type: "number",
    min: 0,
    max: 1,
    default: 0.01,
    group: "Training",
    help: "Decoupled weight decay; batch norm and biases are exempt.",
  },
  ema: {
    type: "number",
    min: 0,
    below: 1,
    default: 0,
    value: "DECAY",
    group: "Training",
    help:
      "Keeps an exponential moving average of all weights and running statistics and scores it; DECAY, such as 0.99, is " +
      "the share that stays at every step; 0: none (Polyak and Juditsky, 1992; Tarvainen and Valpola, 2017).",
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
