/** Settings of transfer learning. */
import { CONVENTIONS } from "../../model/conventions.ts";
import { type DefaultBy, keysOf, type Rows } from "../../model/settings.ts";

/** `pretrainedBlocks` for the whole backbone: its 17 blocks and the last convolution. */
export const ALL_BLOCKS = 18;

/** A default for runs whose first weights are from a file, and that of the others. */
function withWeights<T>(value: T, drawn: T): DefaultBy<T> {
  return { key: "initialWeights", values: { "": drawn }, others: { when: "with {weights}", value } };
}

/** The group "Transfer learning" of `--help`. */
export const TRANSFER_SETTINGS = {
  freezeEpochs: {
    type: "integer",
    min: 0,
    max: 100000,
    default: 0,
    value: "COUNT",
    help: "Epochs at the start in which what is loaded of the backbone stays unchanged and the rest learns.",
  },
  pretrainedBlocks: {
    type: "integer",
    min: 0,
    max: ALL_BLOCKS,
    defaultBy: {
      key: "freezeEpochs",
      values: { 0: 7 },
      others: { when: "with {freezeEpochs}", value: ALL_BLOCKS },
    },
    absent: ALL_BLOCKS,
    value: "COUNT",
    help:
      "Takes the first convolution and this many of the 17 blocks from {weights}, and draws the others as without; 18: " +
      "takes the last convolution too. Later blocks know the objects that they were trained on: see docs/training.md.",
  },
  backboneLearningRate: {
    type: "number",
    min: 0,
    max: 100,
    defaultBy: withWeights(0.1, 1),
    value: "FACTOR",
    aliases: ["backbone-lr"],
    formerly: "backboneRate",
    help:
      "Multiplies the learning rate of what is loaded of the backbone, or of all of it where nothing is. 0: its weights " +
      "stay, its running statistics change.",
  },
} as const satisfies Rows;

/** Settings that the file of the backbone's first weights decides; they are not flags. */
export const INITIAL_WEIGHTS_SETTINGS = {
  /** SHA-256 of the file in hexadecimal; empty if the weights are random. */
  initialWeights: { type: "string", default: "" },
  /** Padding, batch norm and colors of the implementation that the weights come from. */
  convention: { type: "choice", choices: keysOf(CONVENTIONS), default: "own" },
} as const satisfies Rows;
