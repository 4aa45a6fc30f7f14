/** A trained network to be scored: a run's checkpoint, which says how it was trained, or a model file, which does not. */
import { type Device, Random } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { ReidModel } from "../model/reid_model.ts";
import { decodeSafetensors } from "../model/safetensors.ts";
import type { Thresholds } from "../model/thresholds.ts";
import { buildTrainedModel, MODEL_FORMAT } from "../model/trained_model.ts";
import { restoreCheckpoint } from "./checkpoint.ts";
import { checkpointPath, loadCheckpoint, runOfCheckpoint } from "./checkpoint_files.ts";
import type { TrainedPeople } from "./trained_people.ts";
import { readTrainedModel } from "./trained_model_file.ts";
import { readWhole } from "./write_whole.ts";

/** The distance by which a model file is scored, as it does not say with which one it was trained. */
export const MODEL_FILE_METRIC = "euclidean";

/** A network and what its file says of its training. */
export interface ScoredNetwork {
  /** The file. */
  readonly path: string;
  /** The run's folder, where the file is a run's checkpoint. */
  readonly run: string | undefined;
  readonly spec: ModelSpec;
  /** Steps that it was trained for. */
  readonly step: number;
  /** The distance that it was trained with; undefined for a model file. */
  readonly metric: Metric | undefined;
  /** Whom it was trained on, where the file knows. */
  readonly people: TrainedPeople | undefined;
  /** Which distances between its embeddings mean one person; undefined if nobody was held out to estimate them. */
  readonly thresholds: readonly Thresholds[] | undefined;
  /** Whether its weights are the averages of a run's. */
  readonly averaged: boolean;
  /** Puts it on a device. Free it with `parameters.destroy()`. */
  build(device: Device): ReidModel;
}

/**
 * Reads the newest checkpoint of a run's folder, a checkpoint, a model file, or the demonstration by its name.
 *
 * @param averaged whether to take the averages of the weights where a run has some.
 * @throws {RunError} when there is none, or it is damaged or something else.
 */
export async function readScoredNetwork(place: string, averaged: boolean): Promise<ScoredNetwork> {
  const path = await checkpointPath(place);
  if (await isModelFile(path)) {
    const { model } = await readTrainedModel(path);
    const { spec, step, thresholds } = model;
    const build = (device: Device) => buildTrainedModel(device, model);
    return {
      path,
      run: undefined,
      spec,
      step,
      metric: undefined,
      people: undefined,
      thresholds,
      averaged: false,
      build,
    };
  }
  const { checkpoint } = await loadCheckpoint(path);
  const { model: spec, step, options: { metric, ema }, people } = checkpoint;
  const useAverage = averaged && ema > 0;
  return {
    path,
    run: runOfCheckpoint(path),
    spec,
    step,
    metric,
    people,
    thresholds: useAverage === ema > 0 ? checkpoint.thresholds : undefined,
    averaged: useAverage,
    build(device) {
      const model = new ReidModel(device, spec, new Random(0));
      restoreCheckpoint(checkpoint, model.parameters, [], path, useAverage);
      return model;
    },
  };
}

async function isModelFile(path: string): Promise<boolean> {
  const bytes = await readWhole(path);
  try {
    return decodeSafetensors(bytes).metadata.format === MODEL_FORMAT;
  } catch {
    return false; // Whoever reads it next says what is wrong with it.
  }
}
