/** Settings of transfer learning. */
import { CONVENTIONS } from "../../model/conventions.ts";
import { keysOf, type Rows } from "../../model/settings.ts";

/** The group "Transfer learning" of `--help`. */
export const TRANSFER_SETTINGS = {
  freezeEpochs: {
    type: "integer",
    min: 0,
    max: 100000,
    default: 0,
    value: "COUNT",
    help: "Epochs at the start in which only the head learns and the loaded backbone stays unchanged.",
  },
  backboneLearningRate: {
    type: "number",
    min: 0,
    max: 100,
    default: 1,
    value: "FACTOR",
    aliases: ["backbone-lr"],
    formerly: "backboneRate",
    help:
      "Multiplies the learning rate of the backbone; try 0.1. 0: its weights stay, its running statistics change.",
  },
} as const satisfies Rows;

/** Settings that the file of the backbone's first weights decides; they are not flags. */
export const INITIAL_WEIGHTS_SETTINGS = {
  /** SHA-256 of the file in hexadecimal; empty if the weights are random. */
  initialWeights: { type: "string", default: "" },
  /** Padding, batch norm and colors of the implementation that the weights come from. */
  convention: { type: "choice", choices: keysOf(CONVENTIONS), default: "own" },
} as const satisfies Rows;
