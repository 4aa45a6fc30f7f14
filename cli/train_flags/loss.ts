/** Flags of `deno task train`: what is learned from. */
import { METRICS } from "../../kernels/mod.ts";
import { lossTable } from "../../losses/mod.ts";
import { defineFlags } from "../flags.ts";
import { defaultsOf } from "./loss_defaults.ts";

const losses = Object.values(lossTable).map(({ key, summary }) => `${key}: ${summary}`).join(" ");

/** The group "Loss" of `--help`. */
export const LOSS_FLAGS = defineFlags({
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
  "id-lr": {
    type: "number",
    min: 0,
    max: 100,
    default: 0.15,
    value: "FACTOR",
    group: "Loss",
    help:
      "Multiplies the learning rate of the identity head. Its logits are sums over more than a thousand " +
      "features, so that at a rate that suits convolutions they would leap.",
  },
  "center-loss": {
    type: "number",
    min: 0,
    max: 100,
    default: 0,
    value: "WEIGHT",
    group: "Loss",
    help:
      "Adds half the sum over the batch of the squared distance between features, before the neck, and their person's " +
      "center (Wen et al. 2016); the strong baseline (Luo et al. 2019) weighs it by 0.0005.",
  },
});
