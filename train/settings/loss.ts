/** Settings of the loss. */
import { METRICS } from "../../kernels/mod.ts";
import { type LossEntry, type LossName, lossTable, TRIPLET_DEFAULTS } from "../../losses/mod.ts";
import { type DefaultBy, keysOf, type Rows } from "../../model/settings.ts";

/** The names of the losses. */
export const LOSSES: readonly LossName[] = keysOf(lossTable);

/** A default that the loss decides. */
export function byLoss<T>(of: (loss: LossEntry) => T): DefaultBy<T> {
  return {
    key: "loss",
    values: Object.fromEntries(LOSSES.map((loss) => [loss, of(lossTable[loss])])),
  };
}

/** The group "Loss" of `--help`. */
export const LOSS_SETTINGS = {
  loss: {
    type: "choice",
    choices: LOSSES,
    default: "hard",
    help: LOSSES.map((loss) => `${loss}: ${lossTable[loss].summary}`).join(" "),
  },
  margin: {
    type: "number",
    min: 0,
    max: 10,
    defaultBy: byLoss(({ defaults }) => defaults.margin),
    help: "How much farther than the positive a negative should be.",
  },
  metric: {
    type: "choice",
    choices: METRICS,
    default: TRIPLET_DEFAULTS.metric,
    help: "Distance between embeddings.",
  },
  softMargin: {
    type: "boolean",
    help: "Uses log(1 + e^x) instead of the hinge with its margin.",
  },
  miningWarmUp: {
    type: "number",
    min: 0,
    max: 1,
    default: 0,
    absent: 0,
    value: "SHARE",
    help:
      "Share of the run in which the loss moves from the mean over all triplets of a batch to the selected ones. It helps " +
      "where mining from random weights stays at the margin.",
  },
  idLoss: {
    type: "number",
    min: 0,
    max: 100,
    value: "WEIGHT",
    defaultBy: byLoss(({ defaults }) => defaults.idLoss),
    help: "Adds an identity head. WEIGHT of its cross-entropy relative to the triplet loss; 0: no head.",
  },
  labelSmoothing: {
    type: "number",
    min: 0,
    below: 1,
    default: 0.1,
    help: "Label smoothing of the identity head's cross-entropy.",
  },
  idLearningRate: {
    type: "number",
    min: 0,
    max: 100,
    default: 0.15,
    value: "FACTOR",
    aliases: ["id-lr"],
    formerly: "idRate",
    help:
      "Multiplies the learning rate of the identity head. Its logits are sums over more than a thousand features, so " +
      "a rate that suits convolutions is too high for them.",
  },
  centerLoss: {
    type: "number",
    min: 0,
    max: 100,
    default: 0,
    value: "WEIGHT",
    help:
      "Adds half the sum over the batch of the squared distance between the features before the neck and their " +
      "person's center (Wen et al. 2016). The strong baseline (Luo et al. 2019) uses 0.0005.",
  },
} as const satisfies Rows;
