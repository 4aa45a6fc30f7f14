/** A file of published weights on disk, and the copy of it that a run keeps. */
import { join } from "node:path";
import { PretrainedError, readPretrained } from "../model/pretrained/pretrained.ts";
import type { PretrainedBackbone } from "../model/pretrained/pretrained.ts";
import type { WeightsFile } from "../model/weights_files/read_weights.ts";
import { sha256 } from "./checksum.ts";
import { RunError } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";
import { asSafetensors, readWeightsFile, refuseOwnFile } from "./weights_file.ts";

/** What the copy is called in a run's folder: the network before training is scored again when a run is resumed. */
export const PRETRAINED = "pretrained.safetensors";

/** A file that was read whole and understood. */
export interface PretrainedFile {
  readonly name: string;
  /** As safetensors: what a run keeps. */
  readonly bytes: Uint8Array;
  /** Sentences on what the file was read as. */
  readonly notes: readonly string[];
  readonly backbone: PretrainedBackbone;
  /** What it decides of a run's settings. */
  readonly options: Pick<TrainingOptions, "width" | "convention" | "initialWeights">;
}

/**
 * Reads a file of published weights.
 *
 * @param width the width multiplier that is wanted; any where left out.
 * @throws {RunError} when it cannot be read or is not what is wanted.
 */
export async function loadPretrained(path: string, width?: number): Promise<PretrainedFile> {
  const onDisk = await readWeightsFile(path);
  const backbone = understand(path, onDisk.file, width);
  const bytes = asSafetensors(onDisk);
  const initialWeights = await sha256(bytes);
  return {
    name: onDisk.name,
    bytes,
    notes: onDisk.file.notes,
    backbone,
    options: { width: backbone.width, convention: backbone.convention, initialWeights },
  };
}

/**
 * Reads the copy that a run's folder keeps; undefined for a run whose first weights were drawn.
 *
 * @throws {RunError} when it is gone or another file.
 */
export async function loadRunsPretrained(
  run: string,
  options: TrainingOptions,
): Promise<PretrainedFile | undefined> {
  if (options.initialWeights === "") return undefined;
  const path = join(run, PRETRAINED);
  const remedy =
    `Copy the weights that the run began with, as safetensors of SHA-256 ${options.initialWeights}, to ${path}.`;
  const remedies = [{ kind: "convert-weights", to: path }] as const;
  const file = await loadPretrained(path, options.width).catch((error: RunError) => {
    throw new RunError(`${error.message} ${remedy}`, { remedies: [...error.remedies, ...remedies] });
  });
  if (file.options.initialWeights !== options.initialWeights) {
    throw new RunError(`${path} has another content than the file that the run began with. ${remedy}`, {
      remedies,
    });
  }
  return file;
}

function understand(path: string, file: WeightsFile, width?: number): PretrainedBackbone {
  refuseOwnFile(path, file);
  try {
    return readPretrained(file, width);
  } catch (error) {
    if (!(error instanceof PretrainedError)) throw error;
    throw new RunError(`${path} cannot be used: ${error.message}`, { remedies: error.remedies });
  }
}
