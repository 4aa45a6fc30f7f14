/** The flags of `deno task train`. */
import { completeOptions, conflictIn, FLAG_SETTINGS, type TrainingOptions } from "../train/options.ts";
import { parseShares } from "../train/schedule.ts";
import {
  type Command,
  flagName,
  type FlagTable,
  type FlagValues,
  parseGiven,
  UsageError,
  withDefaults,
} from "./flags.ts";
import { inGroup } from "../model/settings.ts";
import { ON_DEVICE_LOST, PAUSES } from "./lost_device.ts";
import { DISTRIBUTED_FLAG } from "./on_ranks.ts";
import { CACHE_FLAG, DATASETS_FLAG, NAMES_FLAGS, TEST_FLIP_FLAG } from "./shared_flags.ts";

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
    ["deno task train --data my-people", "on your own people: my-people/alice/door_0001.jpg, ..."],
    ["deno task train --resume runs/hard", "continue a run that was stopped"],
  ],
};

/** Flags besides the settings: files, devices, and how the run is scored. */
export const RUN_FLAGS = {
  weights: {
    type: "string",
    value: "FILE",
    group: "Transfer learning",
    help:
      "MobileNetV2 trained on ImageNet, with the names of torchvision, timm, Keras or fast-reid: a file of safetensors, " +
      "PyTorch (.pth) or TensorFlow.js (model.json), as deno task weights lists them. The run takes over its padding, epsilon and scale of colors, and its " +
      "width unless --width is given. --pretrained-blocks and --backbone-lr have defaults for it.",
  },
  testFlip: TEST_FLIP_FLAG,
  data: {
    ...DATASETS_FLAG,
    value: "DIR",
    group: "Files",
    help:
      `${DATASETS_FLAG.help} Of several, all are trained on together, their people kept apart, and each one's test is scored ` +
      "alone. Without it synthetic people are drawn; synthetic:benchmark draws hard ones.",
  },
  ...inGroup("Files", NAMES_FLAGS),
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
    help: "Continues the run in this folder, with its own settings.",
  },
  cache: { ...CACHE_FLAG, group: "Files" },
  checkpointEvery: {
    type: "integer",
    min: 0,
    max: 1000000,
    default: 0,
    value: "STEPS",
    group: "Files",
    help: "Saves a checkpoint every STEPS steps too, not only at the end of each epoch; 0: only then.",
  },
  keep: {
    type: "integer",
    min: 1,
    max: 1000000,
    default: 3,
    value: "COUNT",
    group: "Files",
    help:
      "Latest checkpoints to keep. The one of the epoch with the lowest mean loss is kept too, as best.safetensors.",
  },
  onDeviceLost: {
    type: "choice",
    choices: ON_DEVICE_LOST,
    default: "stop",
    group: "Files",
    help:
      "If the GPU is lost or out of memory: stop, with exit code 3, or open it again and continue from the last " +
      `checkpoint with the same result, at most ${PAUSES.length} times in a row without a new checkpoint.`,
  },
  distributed: { ...DISTRIBUTED_FLAG, group: "Ranks" },
  tune: {
    type: "boolean",
    group: "Kernels",
    help:
      "First times the variants of every kernel on this adapter, which takes minutes the first time, and uses the " +
      "fastest. Results change in their last digits.",
  },
  debugNumerics: {
    type: "boolean",
    group: "Kernels",
    help:
      "Waits for every step. If one gives NaN or infinite numbers, repeats it one operation at a time and names the " +
      "first that did. Slower, with the same results: use it with --resume after a run that stopped like this.",
  },
} as const satisfies FlagTable;

/** Flags that a resumed run refuses: it keeps its own. */
const KEPT = [...Object.keys(FLAG_SETTINGS), "weights", "out", "tune"];

/** What the flags of `deno task train` ask for. */
export interface TrainFlags extends FlagValues<typeof RUN_FLAGS> {
  /** Settings of a new run, with the path of its weights for their digest; a resumed run has its own. */
  readonly options: TrainingOptions;
  /** The width multiplier, if it is given. */
  readonly width: number | undefined;
}

/**
 * Parses the arguments of `deno task train`.
 *
 * @throws {UsageError} for a mistake in them, such as a setting given to a run that is resumed.
 */
export function parseTrainFlags(args: readonly string[]): TrainFlags {
  const given = parseGiven(TRAIN_COMMAND, { ...FLAG_SETTINGS, ...RUN_FLAGS }, args);
  const kept = Object.keys(given).find((key) => KEPT.includes(key));
  if (given.resume !== undefined && kept !== undefined) {
    throw new UsageError(
      `A resumed run keeps its settings and its folder: leave out --${
        flagName(kept)
      }, or start a new run without ` +
        "--resume",
    );
  }
  if (/^https?:\/\//i.test(given.weights ?? "")) {
    throw new UsageError(
      `--weights takes a file, and train has no permission to fetch one: deno task weights ${given.weights} --out ` +
        "weights.safetensors does it",
    );
  }
  const options = settingsFrom({ ...given, initialWeights: given.weights ?? "" });
  if (options.freezeEpochs > 0 && given.weights === undefined) {
    throw new UsageError("--freeze-epochs is for a pretrained backbone: give its --weights");
  }
  return { ...withDefaults(RUN_FLAGS, given), options, width: given.width };
}

/**
 * The settings of a run whose weights are random, from the flags that are given.
 *
 * @throws {UsageError} for flags that do not fit together.
 */
export function settingsFrom(given: Partial<TrainingOptions>): TrainingOptions {
  const options = completeOptions(given);
  const conflict = conflictIn(options, (key) => `--${flagName(key)}`);
  if (conflict !== undefined) throw new UsageError(conflict);
  return { ...options, decayAt: parseShares(options.decayAt).join(",") };
}
