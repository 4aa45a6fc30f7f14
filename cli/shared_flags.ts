/** Flags that several commands have. */
import { LAYOUT_NAMES } from "../data/layouts/image_name.ts";
import { keysOf } from "../model/settings.ts";
import { DEMO } from "../train/demo/demo.ts";
import type { FlagTable } from "./flags.ts";

/** `--checkpoint`: a trained network. */
export const CHECKPOINT_FLAG = {
  type: "string",
  value: "RUN",
  help:
    `Trained network: the folder of a run such as runs/hard (its newest checkpoint), a checkpoint, a model file, or ${DEMO}, ` +
    "the demonstration that comes with the program.",
} as const satisfies FlagTable[string];

/** `--ema`: which weights of a trained network. */
export const EMA_FLAG = {
  type: "boolean",
  default: true,
  help:
    "Uses the average of the weights if the run has one (train --ema); --no-ema: the weights of its last step.",
} as const satisfies FlagTable[string];

/** `--data`: a dataset. */
export const DATA_FLAG = {
  type: "string",
  value: "DIR",
  help:
    "Folder of a dataset, recognized by its content: Market-1501, DukeMTMC-reID, MSMT17, or your own people, a folder " +
    "for each person with images named CAMERA_anything.jpg, directly in it or in train/ and test/. Or a CSV file with the " +
    "header path,identity and, as far as you have them, camera,split,time,track,frame.",
} as const satisfies FlagTable[string];

/** `--data`: one dataset or several. */
export const DATASETS_FLAG = {
  ...DATA_FLAG,
  type: "strings",
  value: "DIR",
} as const satisfies FlagTable[string];

/** `--layout`: how a dataset or images are laid out. */
export const LAYOUT_FLAG = {
  type: "choice",
  choices: keysOf(LAYOUT_NAMES),
  help:
    "How folders and files are named, where they do not say it for certain. people: a folder for each person, and images " +
    "named CAMERA_anything.jpg. person/camera, camera/person: folders in folders. one-camera: a folder for each person.",
} as const satisfies FlagTable[string];

/** `--camera-from`: where cameras are in paths. */
export const CAMERA_FROM_FLAG = {
  type: "string",
  value: "REGEX",
  help:
    "Where the path of an image, below the folder given, has the camera: a regular expression of JavaScript, whose group " +
    "(?<camera>...), or else the first, is the camera, as in '_(cam\\d+)_'.",
} as const satisfies FlagTable[string];

/** How the names of a dataset are read. */
export const NAMES_FLAGS = {
  layout: LAYOUT_FLAG,
  identityFrom: {
    type: "string",
    value: "REGEX",
    help:
      "Where the path of an image has the person, as with --camera-from: the group (?<identity>...), or the first. Without " +
      "it, the names of a public dataset say so, or the folders.",
  },
  cameraFrom: CAMERA_FROM_FLAG,
} as const satisfies FlagTable;

/** `--cache`: files that a later command can use again. */
export const CACHE_FLAG = {
  type: "string",
  value: "DIR",
  default: ".cache",
  help: "Folder that keeps synthetic people, decoded pixels and tuned kernels.",
} as const satisfies FlagTable[string];

/** `--images`: images to embed. */
export const IMAGES_FLAG = {
  type: "string",
  value: "DIR|LIST|CSV|-",
  help:
    "A folder, searched with its subfolders; a CSV file, as for --data of training; a text file with the path of an image on every line, relative to the " +
    "working directory; or -, such lines on stdin. An image's id is its path from the working directory, or its full path " +
    "if it lies elsewhere, however it is given.",
} as const satisfies FlagTable[string];

/** `--test-flip`: how images are embedded. */
export const TEST_FLIP_FLAG = {
  type: "boolean",
  group: "Scoring",
  help:
    "Averages the embeddings of every image and its mirror image, scaled to length one if the network's are: usually " +
    "a little better, and twice the time of embedding.",
} as const satisfies FlagTable[string];

/** `--json`: output for programs. */
export const JSON_FLAG = {
  type: "boolean",
  help: "Prints one JSON object on stdout instead of text.",
} as const satisfies FlagTable[string];
