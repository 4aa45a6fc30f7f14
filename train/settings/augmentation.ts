/** Settings of the augmentation of training images. */
import { ERASE_FILLS } from "../../kernels/mod.ts";
import type { Rows } from "../../model/settings.ts";

/** The group "Augmentation" of `--help`. */
export const AUGMENTATION_SETTINGS = {
  flip: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.5,
    value: "PROBABILITY",
    help: "Probability that a training image is mirrored.",
  },
  shift: {
    type: "integer",
    min: 0,
    max: 256,
    default: 4,
    value: "PIXELS",
    help: "Shifts images by up to this many pixels in each direction; the gap has the mean color.",
  },
  zoom: {
    type: "number",
    min: 0,
    max: 1,
    default: 0,
    value: "RANGE",
    help: "Scales images about their center by a factor from 1 / (1 + RANGE) to 1 + RANGE; try 0.15.",
  },
  erase: {
    type: "number",
    min: 0,
    max: 1,
    default: 0,
    value: "PROBABILITY",
    help: "Probability that a rectangle of 2 to 40 % of the image is erased (Zhong et al. 2017); try 0.5.",
  },
  eraseFill: {
    type: "choice",
    choices: ERASE_FILLS,
    default: "mean",
    help: "Content of the erased rectangle: the mean color, or noise.",
  },
  colorJitter: {
    type: "number",
    min: 0,
    max: 2,
    default: 0,
    value: "STRENGTH",
    formerly: "colourJitter",
    help:
      "Changes colors as between cameras. At 1, brightness and contrast change by a factor of up to 1.5, saturation " +
      "1.8, each of red, green and blue 1.2, hue by 20 degrees, in both directions; try 0.5.",
  },
} as const satisfies Rows;
