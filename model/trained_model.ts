/**
 * A network for use after training: its settings, weights and running statistics, without anything that only training
 * needs. A _model file_ contains this as safetensors; a training checkpoint contains it and more.
 */
import { AVERAGE_PREFIX, type Device, Random } from "../engine/mod.ts";
import { numberToHalf } from "../engine/half.ts";
import { type ModelSpec, parseModelSpec } from "./model_spec.ts";
import { ReidModel } from "./reid_model.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type SafetensorsTensor,
  toFloat32,
} from "./safetensors.ts";
import { parseThresholds, type Thresholds } from "./thresholds.ts";
import { floatsOf } from "./safetensors_dtype.ts";

/** `format` in the metadata of a training checkpoint. */
export const CHECKPOINT_FORMAT = "webgpu-reid checkpoint 2";
/** `format` in the metadata of a model file. */
export const MODEL_FORMAT = "webgpu-reid model 1";

/**
 * Why a file cannot be read if its format is another version of a known one; undefined if it is this version, or no
 * version of that format.
 *
 * @param found `format` in the file.
 * @param known Such as {@linkcode CHECKPOINT_FORMAT}.
 */
export function otherVersion(found: unknown, known: string): string | undefined {
  const kind = known.replace(/\d+$/, "");
  if (typeof found !== "string" || found === known || !found.startsWith(kind)) return undefined;
  return `it has the format "${found}", and this version of the program reads "${known}"`;
}

/** Thrown for a file without a usable network of this program; the message says why. */
export class ModelFileError extends Error {
  /** "ModelFileError". */
  override readonly name = "ModelFileError";
}

/** A network without its identity head, optimizer and curves. */
export interface TrainedModel {
  /** Its settings; there is no identity head: `identities` is 0. */
  readonly spec: ModelSpec;
  /** Steps that it was trained for. */
  readonly step: number;
  /** Weights and running statistics by name, f32. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Which distances between its embeddings mean one person; undefined if nobody was held out to estimate them. */
  readonly thresholds?: readonly Thresholds[] | undefined;
}

/**
 * Reads a model file or a training checkpoint.
 *
 * @param averaged Whether to use the averaged weights where the file has them (default true).
 * @throws {ModelFileError} When it is neither, or damaged.
 */
export function decodeTrainedModel(bytes: Uint8Array, { averaged = true } = {}): TrainedModel {
  let file: ReturnType<typeof decodeSafetensors>;
  try {
    file = decodeSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) {
      throw new ModelFileError(
        error.other === undefined ? `it is damaged: ${error.message}` : `it is ${error.other.what}`,
      );
    }
    throw error;
  }
  const { format, model, step } = file.metadata;
  if (format !== CHECKPOINT_FORMAT && format !== MODEL_FORMAT) {
    throw new ModelFileError(
      otherVersion(format, CHECKPOINT_FORMAT) ?? otherVersion(format, MODEL_FORMAT) ??
        "it is a safetensors file, but not a checkpoint or model of this program: weights of other programs are what a " +
          "training run begins with",
    );
  }
  try {
    const steps = Number(step);
    if (!Number.isSafeInteger(steps) || steps < 0) throw new Error(`its step is ${step}`);
    const trained = trainedModel(parseModelSpec(JSON.parse(model ?? "")), steps, file.tensors, averaged);
    const isScored = averaged || ![...file.tensors.keys()].some((name) => name.startsWith(AVERAGE_PREFIX));
    return { ...trained, ...(isScored && { thresholds: thresholdsIn(file.metadata) }) };
  } catch (error) {
    throw new ModelFileError(
      `it is damaged or of another version of this program: ${(error as Error).message}`,
    );
  }
}

/**
 * The thresholds in a file's metadata; undefined if it has none. Those of a checkpoint belong to the averaged weights where
 * there are any.
 *
 * @throws {Error} If they are no thresholds.
 */
export function thresholdsIn({ thresholds }: Readonly<Record<string, string>>): Thresholds[] | undefined {
  return thresholds === undefined ? undefined : parseThresholds(JSON.parse(thresholds));
}

/**
 * The part of a checkpoint that embeddings need.
 *
 * @param averaged Whether to use the averaged weights where there are any.
 */
export function trainedModel(
  spec: ModelSpec,
  step: number,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  averaged = true,
): TrainedModel {
  const used = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of tensors) {
    if (!NETWORK_TENSORS.test(name)) continue;
    used.set(name, asFloat32(averaged ? tensors.get(AVERAGE_PREFIX + name) ?? tensor : tensor));
  }
  return { spec: { ...spec, identities: 0 }, step, tensors: used };
}

/** A tensor that other programs may have converted to another floating-point type; the network computes in f32. */
function asFloat32(tensor: SafetensorsTensor): SafetensorsTensor {
  const data = floatsOf(tensor.dtype, tensor.data);
  return data === undefined ? tensor : { ...tensor, dtype: "F32", data };
}

/** Names of tensors between image and embedding; not the identity head, centers, curves and `moment/NAME`. */
const NETWORK_TENSORS = /^(stem|block\d+|last|embedding|neck)\.[a-z_.]+$/;

/** Number formats of the weights in a model file. */
export const WEIGHT_FORMATS = ["f32", "f16"] as const;

/** One of {@linkcode WEIGHT_FORMATS}. */
export type WeightFormat = typeof WEIGHT_FORMATS[number];

/**
 * A model file: the same bytes for the same network.
 *
 * @param weights `f16` rounds the weights of convolutions and of the projection to 16 bits, which are nearly all of a
 *   network's numbers; batch norms stay f32. What is read from such a file is another network, with another
 *   {@linkcode modelIdentity}. Default `f32`.
 * @throws {ModelFileError} When a weight is too large for f16.
 */
export function encodeTrainedModel(
  { spec, step, tensors, thresholds }: TrainedModel,
  { weights = "f32" }: { readonly weights?: WeightFormat } = {},
): Uint8Array<ArrayBuffer> {
  const stored = weights === "f32" ? tensors : new Map(
    Array.from(tensors, ([name, tensor]) => [name, name.endsWith(".weight") ? inHalf(name, tensor) : tensor]),
  );
  return encodeSafetensors(stored, {
    format: MODEL_FORMAT,
    step: String(step),
    model: JSON.stringify(parseModelSpec(spec)), // Puts the fields in a fixed order.
    ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
  });
}

function inHalf(name: string, tensor: SafetensorsTensor): SafetensorsTensor {
  const data = Uint16Array.from(toFloat32(tensor), numberToHalf);
  if (data.some((bits) => (bits & 0x7fff) >= 0x7c00)) {
    throw new ModelFileError(`${name} has numbers that are too large for f16`);
  }
  return { ...tensor, dtype: "F16", data };
}

/**
 * Identifies a network by what decides its embeddings and nothing else, such as its path or number of training steps.
 * Embeddings of networks with different identities must not be compared.
 *
 * @returns A SHA-256 as 64 hexadecimal digits.
 */
export async function modelIdentity({ spec, tensors }: TrainedModel): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", encodeTrainedModel({ spec, step: 0, tensors }));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A weight or running statistic of a network, row-major, not copied.
 *
 * @throws {ModelFileError} When it is missing or has another shape or element type.
 */
export function valuesOf({ tensors }: TrainedModel, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype === "F32" && tensor.shape.join() === shape.join()) return toFloat32(tensor);
  const found = tensor ? `is ${tensor.dtype} [${tensor.shape}]` : "is not there";
  throw new ModelFileError(`${name} should be F32 [${shape}] and ${found}`);
}

/**
 * Puts the network on a device. Free it with `parameters.destroy()`.
 *
 * @throws {ModelFileError} When tensors are missing or have another shape than its settings say.
 */
export function buildTrainedModel(device: Device, trained: TrainedModel): ReidModel {
  const model = new ReidModel(device, trained.spec, new Random(0));
  try {
    for (const parameter of model.parameters.parameters) {
      model.parameters.write(parameter, valuesOf(trained, parameter.name, parameter.shape));
    }
    return model;
  } catch (error) {
    model.parameters.destroy();
    throw error;
  }
}
