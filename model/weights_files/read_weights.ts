/** Files of weights in every format that is read here, recognized by their first bytes. */
import { otherFile } from "../other_files.ts";
import { beginsAsSafetensors, decodeSafetensors, type SafetensorsTensor } from "../safetensors.ts";
import { budgetOf } from "./budget.ts";
import { latin1 } from "./byte_reader.ts";
import { parseModelJson, readLayersModel, type ReadShard } from "./layers_model.ts";
import { readPickle } from "./pickle.ts";
import { endOfMagic, otherPickle, readTorchStream, readTorchZip } from "./torch_file.ts";
import { storageFromId, TORCH_GLOBALS } from "./torch_globals.ts";
import { WeightsFileError } from "./weights_file_error.ts";
import { ZipArchive } from "./zip.ts";

/** The first byte of pickles since protocol 2. */
const PROTO = 0x80;
/** How earlier ones look that name something: by GLOBAL at their beginning, or by INST behind its arguments. */
const NAMES_SOMETHING =
  /^\(*c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n|^\([^]{0,400}\ni[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n/;

/** The formats, in words. */
export const WEIGHTS_FORMATS = {
  safetensors: "safetensors",
  "torch-zip": "PyTorch, a zip archive",
  "torch-stream": "PyTorch, in its form before 1.6",
  "layers-model": "TensorFlow.js layers model",
} as const;

/** A format of weights. */
export type WeightsFormat = keyof typeof WEIGHTS_FORMATS;

/** The content of a file of weights. */
export interface WeightsFile {
  /** What the file is. */
  readonly format: WeightsFormat;
  /** The tensors by their names in the file, with its types; only quantized ones become F32. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Strings in the header of a safetensors file. */
  readonly metadata: Record<string, string>;
  /** Sentences on what the file was read as, without a full stop. */
  readonly notes: readonly string[];
}

/**
 * Reads a file of weights: safetensors, what `torch.save` writes in both of its forms, or a TensorFlow.js layers model.
 * No code of the file runs.
 *
 * @param bytes the whole file.
 * @param shard reads the other files of a layers model.
 * @throws {WeightsFileError} for a file that is not read.
 * @throws {SafetensorsError} for a file of no known format, and for a safetensors file that breaks its format.
 */
export async function readWeights(bytes: Uint8Array, shard?: ReadShard): Promise<WeightsFile> {
  const budget = budgetOf(bytes.byteLength);
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  if (start === "PK\x03\x04") {
    const archive = new ZipArchive(bytes);
    const isTorch = archive.names.some((name) => /(^|\/)data\.pkl$/.test(name)) &&
      !archive.names.some((name) => /(^|\/)(constants\.pkl$|code\/)/.test(name));
    if (isTorch) {
      return { format: "torch-zip", metadata: {}, ...await readTorchZip(archive, budget) };
    }
    const { what, remedy } = otherFile(bytes) ?? { what: "a zip archive", remedy: "Unpack it." };
    throw new WeightsFileError("unsupported", `It is ${what}. ${remedy}`);
  }
  const magic = endOfMagic(bytes);
  if (magic !== undefined) {
    return { format: "torch-stream", metadata: {}, ...readTorchStream(bytes, magic, budget) };
  }
  const isSafetensors = beginsAsSafetensors(bytes);
  if (!isSafetensors) refusePickle(bytes);
  const model = isSafetensors ? undefined : parseModelJson(bytes);
  if (model !== undefined) {
    if (shard === undefined) {
      throw new WeightsFileError(
        "unsupported",
        "Its weights are in other files beside it, which were not given.",
      );
    }
    const tensors = await readLayersModel(model, shard);
    return { format: "layers-model", tensors, metadata: {}, notes: [] };
  }
  return { format: "safetensors", notes: [], ...decodeSafetensors(bytes) };
}

/** @throws {WeightsFileError} for a pickle that `torch.save` did not write: with what it calls, if it calls anything. */
function refusePickle(bytes: Uint8Array): void {
  const [first, second = 0] = bytes;
  const isCertain = first === PROTO && second <= 5;
  if (!isCertain && !NAMES_SOMETHING.test(latin1(bytes.subarray(0, 1000)))) return;
  try {
    readPickle(bytes, { globals: TORCH_GLOBALS, persistent: storageFromId });
  } catch (error) {
    if (isCertain || (error instanceof WeightsFileError && error.kind === "refused")) throw error;
    return;
  }
  throw otherPickle();
}
