/** A file of published weights on disk, and the copy of it that a run keeps. */
import { firstFew } from "../data/errors.ts";
import { basename, join } from "node:path";
import { PretrainedError, readPretrained } from "../model/pretrained/pretrained.ts";
import type { PretrainedBackbone } from "../model/pretrained/pretrained.ts";
import { decodeSafetensors, SafetensorsError } from "../model/safetensors.ts";
import type { OtherFile } from "../model/other_files.ts";
import { CHECKPOINT_FORMAT, MODEL_FORMAT } from "../model/trained_model.ts";
import { CHECKPOINTS } from "./checkpoint_files.ts";
import { sha256 } from "./checksum.ts";
import { RunError } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";
import { readWhole } from "./write_whole.ts";

/** What the copy is called in a run's folder: the network before training is scored again when a run is resumed. */
export const PRETRAINED = "pretrained.safetensors";

/** A file that was read whole and understood. */
export interface PretrainedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
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
  await refuseFolder(path);
  const bytes = await readWhole(path);
  const backbone = understand(path, bytes, width);
  const initialWeights = await sha256(bytes);
  return {
    name: basename(path),
    bytes,
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
    `Copy the weights that the run began with, of SHA-256 ${options.initialWeights}, to ${path}.`;
  const file = await loadPretrained(path, options.width).catch((error: RunError) => {
    throw new RunError(`${error.message} ${remedy}`, { remedies: error.remedies });
  });
  if (file.options.initialWeights !== options.initialWeights) {
    throw new RunError(`${path} has another content than the file that the run began with. ${remedy}`);
  }
  return file;
}

function understand(path: string, bytes: Uint8Array, width?: number): PretrainedBackbone {
  try {
    const file = decodeSafetensors(bytes);
    if (file.metadata.format === CHECKPOINT_FORMAT) {
      throw new RunError(
        `${path} is a checkpoint of a training run, not a file of published weights. Resume the run itself.`,
        { remedies: [{ kind: "resume" }] },
      );
    }
    if (file.metadata.format === MODEL_FORMAT) {
      throw new RunError(
        `${path} is a model file of this program, not a file of published weights. Export the run's weights as ` +
          "safetensors, and give that file.",
        { remedies: [{ kind: "export-weights" }] },
      );
    }
    return readPretrained(file, width);
  } catch (error) {
    if (error instanceof SafetensorsError) {
      if (error.other !== undefined) {
        throw new RunError(
          `${path} is ${error.other.what}, and weights must be a safetensors file. ${
            remedyFor(path, error.other)
          }`,
        );
      }
      throw new RunError(
        `${path} is no whole safetensors file: ${error.message}. Get or convert the weights again.`,
      );
    }
    if (error instanceof PretrainedError) {
      throw new RunError(`${path} cannot be used: ${error.message}`, { remedies: error.remedies });
    }
    throw error;
  }
}

/** What helps against a file of another format, for its path. */
function remedyFor(path: string, { remedy }: OtherFile): string {
  return remedy.replaceAll("FILE", () => /^[\w./+-]+$/.test(path) ? path : "FILE");
}

/** @throws {RunError} for a folder: with the files of weights in it. */
async function refuseFolder(path: string): Promise<void> {
  const isFolder = await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
  if (!isFolder) return;
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
  if (names.includes(CHECKPOINTS)) {
    throw new RunError(
      `${path} is the folder of a training run, not a file of published weights. Resume the run itself, or export its ` +
        "weights as safetensors and give that file.",
      { remedies: [{ kind: "resume", run: path }, { kind: "export-weights" }] },
    );
  }
  const files = names.filter((name) => name.endsWith(".safetensors"));
  throw new RunError(
    `${path} is a folder. Give ${
      files.length === 0 ? "the path of a safetensors file with weights" : `a file in it: ${firstFew(files)}`
    }.`,
  );
}
