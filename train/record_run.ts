/** The network of a run on a device, with its recorded steps. */
import {
  type Choices,
  type Device,
  LimitError,
  type Optimizer,
  OutOfMemoryError,
  type Recorded,
  type WeightAverage,
} from "../engine/mod.ts";
import type { MiningWarmUp } from "../losses/mod.ts";
import type { Sampler } from "../data/sampler.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { keysOf } from "../model/settings.ts";
import { ALONE, gatherValues, type Ranks } from "../ranks/mod.ts";
import { namingLargestBatch } from "./batch_limit.ts";
import { restoreCheckpoint } from "./checkpoint.ts";
import type { LoadedCheckpoint } from "./checkpoint_files.ts";
import { RunError } from "./errors.ts";
import { initialModel, modelSpec } from "./from_options.ts";
import type { RunOptions } from "./options.ts";
import { recordStep } from "./shards/record_step.ts";
import { shardCounts } from "./shards/shard_count.ts";
import {
  trainingAverage,
  trainingCenters,
  trainingMining,
  trainingOptimizer,
  type TrainingStep,
} from "./step.ts";
import {
  type BackboneValues,
  loadBackbone,
  recordFrozenStep,
  takenParameters,
  takenValues,
} from "./transfer.ts";

/** Where a run begins. */
export interface RunStart {
  /** The checkpoint to resume from, and its path for messages; the run keeps its kernels' variants. */
  readonly resume?: LoadedCheckpoint | undefined;
  /** The first weights of a new run's backbone, if its options say that they come from a file. */
  readonly pretrained?: BackboneValues | undefined;
  /** Chooses the variants of a new run's kernels, given its step; the adapter's defaults if omitted. */
  readonly tuner?: ((dispatches: readonly Recorded[]) => Promise<Choices>) | undefined;
  /** The processes that share the batches; this one alone by default. */
  readonly ranks?: Ranks | undefined;
}

/** A network, its optimizer and its recorded steps. */
export interface RecordedRun {
  /** With the number of shards that the run has. */
  readonly options: RunOptions;
  readonly model: ReidModel;
  readonly optimizer: Optimizer;
  readonly average: WeightAverage | undefined;
  readonly mining: MiningWarmUp | undefined;
  readonly program: TrainingStep;
  /** The step of the epochs in which the backbone is frozen; undefined if none are left. */
  readonly frozenProgram: TrainingStep | undefined;
}

/**
 * Builds the network of a run and records its steps.
 *
 * @param identities people in training.
 * @throws {RunError} if the checkpoint belongs to other settings, or pretrained weights are missing.
 * @throws {LimitError} if a batch does not fit the adapter; the message names the largest one that does.
 */
export async function recordRun(
  device: Device,
  given: RunOptions,
  identities: number,
  { batchImages: images, batchesPerEpoch }: Sampler,
  { resume, pretrained, tuner, ranks = ALONE }: RunStart,
): Promise<RecordedRun> {
  const [first = 1, ...others] = shardCounts(given, ranks.size, resume !== undefined);
  let options = { ...given, microBatches: first };
  const spec = modelSpec(options, identities);
  const model = initialModel(device, spec, options.seed);
  /** On the GPU already, to be freed if the rest fails. */
  const made: { destroy(): void }[] = [model.parameters];
  try {
    const average = trainingAverage(model, options); // First: the other state needs no average.
    const optimizer = trainingOptimizer(model, options);
    const centers = trainingCenters(model, options, identities);
    const mining = trainingMining(options, options.epochs * batchesPerEpoch);
    if (resume) {
      refuseOtherNetwork(resume, spec);
      restoreCheckpoint(resume.checkpoint, model.parameters, optimizer.state, resume.path);
    } else if (pretrained) {
      loadBackbone(model, takenValues(pretrained, options));
    } else if (options.initialWeights !== "") {
      throw new RunError(
        `This run's backbone begins with weights from a file, of SHA-256 ${options.initialWeights}: start it with ` +
          "that file.",
        { remedies: [{ kind: "change", settings: ["weights"] }] },
      );
    }
    device.choose(resume?.checkpoint.variants ?? new Map());
    const extras = { centers, average, mining, taken: takenParameters(model, options) };
    const record = async (): Promise<TrainingStep> => {
      try {
        const step = await recordStep(device, model, optimizer, options, images, extras, ranks);
        made.push(step);
        return step;
      } catch (error) {
        const isTooLarge = error instanceof LimitError || error instanceof OutOfMemoryError;
        const more = isTooLarge ? others.shift() : undefined;
        if (more === undefined) throw namingLargestBatch(error, options, images);
        options = { ...options, microBatches: more };
        return await record();
      }
    };
    let program = await record();
    if (tuner && !resume) {
      const own = ranks.rank === 0 ? await tuner(program.dispatches) : new Map();
      const [choices = own] = await gatherValues(ranks, own);
      device.choose(choices);
      program.destroy();
      program = await record();
    }
    const isFrozen = (resume?.checkpoint.step ?? 0) < options.freezeEpochs * batchesPerEpoch;
    const frozenProgram = isFrozen
      ? await recordFrozenStep(device, model, optimizer, options, images, extras, ranks)
      : undefined;
    return { options, model, optimizer, average, mining, program, frozenProgram };
  } catch (error) {
    for (const each of made) each.destroy();
    throw error;
  }
}

/** Refuses a checkpoint of another network, or of another number of people if that matters. */
function refuseOtherNetwork({ checkpoint, path }: LoadedCheckpoint, spec: ModelSpec): void {
  const list = keysOf(spec).filter((key) => checkpoint.model[key] !== spec[key])
    .map((key) => `${key} ${checkpoint.model[key]} where this run has ${spec[key]}`).join(", ");
  if (list === "") return;
  throw new RunError(
    `${path} is a checkpoint of another network or of other people: it has ${list}. Resume a run with its own ` +
      "checkpoints and its own people.",
    { remedies: [{ kind: "change", settings: ["data"] }] },
  );
}
