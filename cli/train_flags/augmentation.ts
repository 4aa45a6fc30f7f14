/** Flags of `deno task train`: what is done to training images. */
import { ERASE_FILLS } from "../../kernels/mod.ts";
import { defineFlags } from "../flags.ts";

/** The group "Augmentation" of `--help`. */
export const AUGMENTATION_FLAGS = defineFlags({
  flip: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.5,
    value: "PROBABILITY",
    group: "Augmentation",
    help: "Training images are mirrored with this probability.",
  },
  shift: {
    type: "integer",
    min: 0,
    max: 256,
    default: 4,
    value: "PIXELS",
    group: "Augmentation",
    help: "They are shifted by up to this many pixels each way; the mean color comes in.",
  },
  zoom: {
    type: "number",
    min: 0,
    max: 1,
    default: 0,
    value: "RANGE",
    group: "Augmentation",
    help: "They are scaled about their middle by a factor from 1 / (1 + RANGE) to 1 + RANGE; try 0.15.",
  },
  erase: {
    type: "number",
    min: 0,
    max: 1,
    default: 0,
    value: "PROBABILITY",
    group: "Augmentation",
    help:
      "A rectangle of 2 to 40 % of the image is erased with this probability (Zhong et al. 2017); try 0.5.",
  },
  "erase-fill": {
    type: "choice",
    choices: [...ERASE_FILLS],
    default: "mean",
    group: "Augmentation",
    help: "What comes in its place: the mean color, or noise.",
  },
  "color-jitter": {
    type: "number",
    min: 0,
    max: 2,
    default: 0,
    value: "STRENGTH",
    group: "Augmentation",
    help:
      "Colors change as from camera to camera. At 1 brightness and contrast change by a factor of up to 1.5, " +
      "saturation 1.8, each of red, green and blue 1.2, hue by 20 degrees, all either way; try 0.5.",
  },
});
