/** The flags of `deno task train`, and the settings that they make. */
import { lossTable } from "../losses/mod.ts";
import { parseTrainingOptions, type TrainingOptions } from "../train/options.ts";
import { ON_DEVICE_LOST, PAUSES } from "./lost_device.ts";
import { type Command, defineFlags, type FlagValues, UsageError } from "./flags.ts";
import { DATA_HELP } from "./people.ts";
import { TEST_FLIP_FLAG } from "./scores.ts";
import { AUGMENTATION_FLAGS } from "./train_flags/augmentation.ts";
import { BATCH_FLAGS } from "./train_flags/batch.ts";
import { LOSS_FLAGS } from "./train_flags/loss.ts";
import { DEFAULT_WIDTH, NETWORK_FLAGS } from "./train_flags/network.ts";
import { parseWithRecipe, RECIPE_FLAGS } from "./train_flags/recipe.ts";
import { decayOptions, SCHEDULE_FLAGS } from "./train_flags/schedule.ts";
import { TRAINING_FLAGS } from "./train_flags/training.ts";
import { TRANSFER_FLAGS } from "./train_flags/transfer.ts";

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
    ["deno task train --data my-people", "on people of your own: my-people/alice/door_0001.jpg, ..."],
    ["deno task train --resume runs/hard", "go on with a run that was stopped"],
  ],
};

/** Flags that decide a run's numbers; a resumed run takes them from its checkpoint. */
export const SETTING_FLAGS = {
  ...RECIPE_FLAGS,
  ...LOSS_FLAGS,
  ...BATCH_FLAGS,
  ...AUGMENTATION_FLAGS,
  ...NETWORK_FLAGS,
  ...TRANSFER_FLAGS,
  ...TRAINING_FLAGS,
  ...SCHEDULE_FLAGS,
};

/** Flags that say where things are. */
export const PLACE_FLAGS = defineFlags({
  data: {
    type: "string",
    value: "DIR",
    group: "Files",
    help: `${DATA_HELP} Without it synthetic people are drawn; synthetic:benchmark: hard ones.`,
  },
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
    help: "Go on with the run in this folder, with its own settings.",
  },
  cache: {
    type: "string",
    value: "DIR",
    default: ".cache",
    group: "Files",
    help: "Where synthetic people, decoded pixels and tuned kernels are kept.",
  },
});

/** When a run's state is saved and how much of it stays; a resumed run takes them anew. */
const SAVING_FLAGS = defineFlags({
  "checkpoint-every": {
    type: "integer",
    min: 0,
    max: 1000000,
    default: 0,
    value: "STEPS",
    group: "Files",
    help:
      "Saves a checkpoint after every so many steps too, not only at the end of each epoch; 0: only then.",
  },
  keep: {
    type: "integer",
    min: 1,
    max: 1000000,
    default: 3,
    value: "COUNT",
    group: "Files",
    help:
      "Latest checkpoints that stay. That of the epoch with the lowest mean loss stays besides, as best.safetensors.",
  },
});

/** What becomes of a run whose GPU is lost; a resumed run takes it anew. */
const DEVICE_FLAGS = defineFlags({
  "on-device-lost": {
    type: "choice",
    choices: [...ON_DEVICE_LOST],
    default: "stop",
    group: "Files",
    help:
      "When the GPU is lost or out of memory: stop, with exit code 3, or open it again and go on from the last " +
      `checkpoint with the same result; ${PAUSES.length} times in a row without a new checkpoint at most.`,
  },
});

/** When a run's state is saved, and how much of it stays. */
export interface Saving {
  /** Steps from one checkpoint to the next within an epoch; 0: none within. */
  readonly every: number;
  /** Latest checkpoints that stay. */
  readonly keep: number;
}

/** Whether kernels are tuned; a resumed run keeps its own. */
export const TUNE_FLAG = defineFlags({
  tune: {
    type: "boolean",
    group: "Kernels",
    help:
      "Times the variants of every kernel on this adapter first, minutes the first time, and uses the fastest. " +
      "Results change in their last digits.",
  },
});

/** Whether numbers that are not finite are traced to where they come from; a resumed run takes it anew. */
const DEBUG_FLAGS = defineFlags({
  "debug-numerics": {
    type: "boolean",
    group: "Kernels",
    help:
      "Waits for every step, and where one gives NaN or infinite numbers makes it again, one operation at a time, and " +
      "names the first that did. Slower, with the same results: with --resume after a run that stopped so.",
  },
});

/** How the finished run's network is scored; a resumed run takes it anew. */
const SCORING_FLAGS = defineFlags({ "test-flip": TEST_FLIP_FLAG });

/** What the flags of `deno task train` ask for. */
export interface TrainFlags {
  /** Of a new run; a resumed one has its own. */
  readonly options: TrainingOptions;
  /** The file of the backbone's first weights, which decides some of the options. */
  readonly weights: string | undefined;
  /** The width multiplier, where it was given. */
  readonly width: number | undefined;
  readonly data: string | undefined;
  readonly out: string | undefined;
  readonly resume: string | undefined;
  readonly cache: string;
  /** Whether a new run's kernels are tuned first. */
  readonly tune: boolean;
  /** Whether embeddings are averaged with those of mirror images when the networks are scored. */
  readonly testFlip: boolean;
  readonly saving: Saving;
  readonly onDeviceLost: typeof ON_DEVICE_LOST[number];
  /** Whether the first operation is named whose results are not finite. */
  readonly debugNumerics: boolean;
}

/**
 * Parses the arguments of `deno task train`.
 *
 * @throws {UsageError} for a mistake in them, such as a setting given to a run that is resumed.
 */
export function parseTrainFlags(args: readonly string[]): TrainFlags {
  const flags = parseWithRecipe(
    TRAIN_COMMAND,
    {
      ...SETTING_FLAGS,
      ...SCORING_FLAGS,
      ...PLACE_FLAGS,
      ...SAVING_FLAGS,
      ...DEVICE_FLAGS,
      ...TUNE_FLAG,
      ...DEBUG_FLAGS,
    },
    args,
  );
  const { data, out, resume, cache, tune, testFlip, weights, width, onDeviceLost, debugNumerics } = flags;
  if (resume !== undefined) {
    const kept = [...Object.keys(SETTING_FLAGS), "out", "tune"].map((name) =>
      new RegExp(`^--(no-)?${name}(=|$)`)
    );
    const given = args.find((arg) => kept.some((pattern) => pattern.test(arg)));
    if (given !== undefined) {
      throw new UsageError(
        `A resumed run keeps its settings and its folder: leave out ${
          given.replace(/=.*$/s, "")
        }, or start a new run ` +
          "without --resume",
      );
    }
  }
  return {
    options: trainingOptions(flags),
    weights,
    width,
    data,
    out,
    resume,
    cache,
    tune,
    testFlip,
    saving: { every: flags.checkpointEvery, keep: flags.keep },
    onDeviceLost,
    debugNumerics,
  };
}

/**
 * Settings from the flags' values, and nothing else of them: a checkpoint holds no paths. Those that a file of weights
 * decides are as without one.
 *
 * @throws {UsageError} for flags that do not go together.
 */
export function trainingOptions(
  { lr, backboneLr, idLr, ...flags }: FlagValues<typeof SETTING_FLAGS>,
): TrainingOptions {
  const { defaults, samplers } = lossTable[flags.loss];
  const { sampler = samplers[0] } = flags;
  if (!samplers.includes(sampler)) {
    throw new UsageError(
      `--loss ${flags.loss} takes batches of --sampler ${samplers.join(" or ")}; got '${sampler}'`,
    );
  }
  const { margin = defaults.margin, epochs = defaults.epochs, idLoss = defaults.idLoss } = flags;
  const { width = DEFAULT_WIDTH } = flags;
  if (flags.neck === "bnneck" && idLoss === 0) {
    throw new UsageError("--neck bnneck is for the identity head: give that a weight, such as --id-loss 1");
  }
  if (flags.freezeEpochs > 0 && flags.weights === undefined) {
    throw new UsageError("--freeze-epochs is for a backbone that has learned already: give its --weights");
  }
  return parseTrainingOptions({
    ...flags,
    width,
    initialWeights: "",
    convention: "own",
    backboneRate: backboneLr,
    idRate: idLr,
    sampler,
    margin,
    epochs,
    idLoss,
    learningRate: lr ?? defaults.learningRate,
    ...decayOptions(flags),
  });
}
