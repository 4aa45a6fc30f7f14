/** A file of weights on disk, in any of the formats that are read, and the same weights as safetensors. */
import { basename, dirname, join } from "node:path";
import { firstFew, messageOf } from "../data/errors.ts";
import type { OtherFile } from "../model/other_files.ts";
import { beginsAsSafetensors, encodeSafetensors, SafetensorsError } from "../model/safetensors.ts";
import { CHECKPOINT_FORMAT, MODEL_FORMAT } from "../model/trained_model.ts";
import { readWeights, type WeightsFile } from "../model/weights_files/read_weights.ts";
import { WeightsFileError } from "../model/weights_files/weights_file_error.ts";
import { CHECKPOINTS } from "./checkpoint_files.ts";
import { RunError } from "./errors.ts";
import { readWhole } from "./write_whole.ts";

/** A file that was read. */
export interface WeightsOnDisk {
  /** Its name without the folders. */
  readonly name: string;
  /** The file itself; of a layers model its `model.json`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly file: WeightsFile;
}

/**
 * Reads a file of weights; of a layers model also the files beside it.
 *
 * @throws {RunError} when it cannot be read, or holds no weights.
 */
export async function readWeightsFile(path: string): Promise<WeightsOnDisk> {
  await refuseFolder(path);
  const bytes = await readWhole(path);
  try {
    const file = await readWeights(bytes, (shard) => readShard(path, shard));
    return { name: basename(path), bytes, file };
  } catch (error) {
    if (error instanceof WeightsFileError) {
      throw new RunError(`${path} cannot be used: ${withPath(path, error.message)}`);
    }
    if (error instanceof SafetensorsError) throw notSafetensors(path, bytes, error);
    throw error;
  }
}

/** Reads one of the files of a layers model. */
async function readShard(path: string, shard: string): Promise<Uint8Array> {
  try {
    return await readWhole(join(dirname(path), shard));
  } catch (error) {
    throw new RunError(
      `${path} names other files with its weights: ${messageOf(error)}. Put them beside it.`,
    );
  }
}

/**
 * The weights as a safetensors file: the file itself if it is one. Equal tensors give equal bytes.
 *
 * @throws {RunError} for tensors that the format cannot hold.
 */
export function asSafetensors({ name, bytes, file }: WeightsOnDisk): Uint8Array<ArrayBuffer> {
  if (file.format === "safetensors") return bytes;
  try {
    return encodeSafetensors(file.tensors);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw new RunError(
      `${name} cannot be written as safetensors: ${error.message}. Rename or leave out that tensor in the program that ` +
        "wrote the file.",
    );
  }
}

/** @throws {RunError} for a file of this program that is not one of published weights. */
export function refuseOwnFile(path: string, { metadata }: WeightsFile): void {
  if (metadata.format === CHECKPOINT_FORMAT) {
    throw new RunError(
      `${path} is a checkpoint of a training run, not a file of published weights. Resume the run itself.`,
      { remedies: [{ kind: "resume" }] },
    );
  }
  if (metadata.format === MODEL_FORMAT) {
    throw new RunError(
      `${path} is a model file of this program, not a file of published weights. Export the run's weights as ` +
        "safetensors, and give that file.",
      { remedies: [{ kind: "export-weights" }] },
    );
  }
}

function notSafetensors(path: string, bytes: Uint8Array, { message, other }: SafetensorsError): RunError {
  if (bytes.length === 0) return new RunError(`${path} is empty. Download or copy it again.`);
  if (other === undefined) {
    if (!path.endsWith(".safetensors") && !beginsAsSafetensors(bytes)) {
      return new RunError(
        `${path} is neither a file of PyTorch nor of safetensors nor of TensorFlow.js. Get the file of weights again.`,
      );
    }
    return new RunError(
      `${path} is no whole safetensors file: ${message}. Get or convert the weights again.`,
    );
  }
  return new RunError(
    `${path} is ${other.what}, and weights must be a file of safetensors, PyTorch or TensorFlow.js. ${
      withPath(path, other.remedy)
    }`,
  );
}

/** What helps against a file of another format, for its path. */
function withPath(path: string, remedy: OtherFile["remedy"]): string {
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
  const files = names.filter((name) => /\.(safetensors|pth|pt)$|^model\.json$/.test(name));
  throw new RunError(
    `${path} is a folder. Give ${
      files.length === 0 ? "the path of a file with weights" : `a file in it: ${firstFew(files)}`
    }.`,
  );
}
