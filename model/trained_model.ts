/**
 * A network as it is used after training: its settings, weights and running statistics, and nothing that only training
 * needs. A _model file_ holds just this, as safetensors; a training checkpoint holds it among other things.
 */
import { AVERAGE_PREFIX, type Device, Random } from "../engine/mod.ts";
import { type ModelSpec, parseModelSpec } from "./model_spec.ts";
import { ReidModel } from "./reid_model.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type SafetensorsTensor,
} from "./safetensors.ts";

/** What the metadata of a training checkpoint says it is. */
export const CHECKPOINT_FORMAT = "webgpu-reid checkpoint 2";
/** What the metadata of a model file says it is. */
export const MODEL_FORMAT = "webgpu-reid model 1";

/** Thrown for a file that holds no network of this program; the message says why. */
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
}

/**
 * Reads a model file or a training checkpoint.
 *
 * @param averaged take the averages of the weights where the file has some (`train --ema`), as by default.
 * @throws {ModelFileError} when it is neither, or damaged.
 */
export function decodeTrainedModel(bytes: Uint8Array, { averaged = true } = {}): TrainedModel {
  let file: ReturnType<typeof decodeSafetensors>;
  try {
    file = decodeSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new ModelFileError(`it is damaged: ${error.message}`);
    throw error;
  }
  const { format, model, step } = file.metadata;
  if (format !== CHECKPOINT_FORMAT && format !== MODEL_FORMAT) {
    throw new ModelFileError(
      "it is a safetensors file, but neither a checkpoint nor a model of this program",
    );
  }
  try {
    const steps = Number(step);
    if (!Number.isSafeInteger(steps) || steps < 0) throw new Error(`its step is ${step}`);
    return trainedModel(parseModelSpec(JSON.parse(model)), steps, file.tensors, averaged);
  } catch (error) {
    throw new ModelFileError(
      `it is damaged or of another version of this program: ${(error as Error).message}`,
    );
  }
}

/**
 * What of a checkpoint's tensors embeddings are made of.
 *
 * @param averaged take the averages of the weights where there are some.
 */
export function trainedModel(
  spec: ModelSpec,
  step: number,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  averaged = true,
): TrainedModel {
  const used = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of tensors) {
    if (!OWN_TENSORS.test(name)) continue;
    used.set(name, averaged ? tensors.get(AVERAGE_PREFIX + name) ?? tensor : tensor);
  }
  return { spec: { ...spec, identities: 0 }, step, tensors: used };
}

/** Names of what stands between image and embedding; not the identity head, centers, curves and `moment/NAME`. */
const OWN_TENSORS = /^(stem|block\d+|last|embedding|neck)\.[a-z_.]+$/;

/** A model file: the same bytes for the same network. */
export function encodeTrainedModel({ spec, step, tensors }: TrainedModel): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(tensors, {
    format: MODEL_FORMAT,
    step: String(step),
    model: JSON.stringify(parseModelSpec(spec)), // In one order of fields, whoever made the record.
  });
}

/**
 * Names a network by what decides its embeddings, and by nothing else: equal networks give the same name wherever their
 * files lie and however long they were trained. Embeddings of different networks must not be compared.
 *
 * @returns 64 hexadecimal digits, a SHA-256.
 */
export async function modelIdentity({ spec, tensors }: TrainedModel): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", encodeTrainedModel({ spec, step: 0, tensors }));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Puts the network on a device. Free it with `parameters.destroy()`.
 *
 * @throws {ModelFileError} when tensors are missing or of another shape than its settings say.
 */
export function buildTrainedModel(device: Device, { spec, tensors }: TrainedModel): ReidModel {
  const model = new ReidModel(device, spec, new Random(0));
  try {
    for (const parameter of model.parameters.parameters) {
      const tensor = tensors.get(parameter.name);
      if (tensor?.dtype !== "F32" || tensor.shape.join() !== parameter.shape.join()) {
        const found = tensor ? `is ${tensor.dtype} [${tensor.shape}]` : "is not there";
        throw new ModelFileError(`${parameter.name} should be F32 [${parameter.shape}] and ${found}`);
      }
      model.parameters.write(parameter, tensor.data as Float32Array);
    }
    return model;
  } catch (error) {
    model.parameters.destroy();
    throw error;
  }
}
