/**
 * TensorFlow.js layers models, as `tensorflowjs_converter` and `model.save` write them from Keras: `model.json` with a
 * manifest of the weights, whose bytes are in other files (shards) beside it. Weights of a group follow each other, in
 * the order of the manifest, through the group's shards, little-endian; they may be quantized.
 */
import { elementCount } from "../../kernels/wgsl/storage.ts";
import { isSize } from "../is_size.ts";
import { keysOf } from "../settings.ts";
import type { SafetensorsDtype, SafetensorsTensor } from "../safetensors.ts";
import { SAFETENSORS_BITS, viewAs } from "../safetensors_dtype.ts";
import { brief, quoted } from "../safetensors_json.ts";
import { damaged, WeightsFileError } from "./weights_file_error.ts";

/** Reads a shard by its path, which is relative to `model.json`. */
export type ReadShard = (path: string) => Promise<Uint8Array>;

/** Element types of the manifest, under safetensors' names. */
const DTYPES: Readonly<Record<string, SafetensorsDtype>> = {
  float32: "F32",
  float16: "F16",
  int32: "I32",
  uint8: "U8",
  uint16: "U16",
  bool: "BOOL",
  complex64: "C64",
};

/** How a weight's numbers are stored. */
interface Quantization {
  readonly dtype: "uint8" | "uint16" | "float16";
  readonly scale: number;
  readonly min: number;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: SafetensorsDtype;
  readonly quantization: Quantization | undefined;
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Weight[];
}

/** A `model.json` is a topology and names; far larger texts are something else. */
const MOST_JSON_BYTES = 256 << 20;

/**
 * The object of a text, if the text is JSON of a TensorFlow.js model; undefined for others.
 *
 * @throws {WeightsFileError} `damaged` for the text of such a model that breaks off.
 */
export function parseModelJson(bytes: Uint8Array): Record<string, unknown> | undefined {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  if (!start.startsWith("{") || bytes.length > MOST_JSON_BYTES) return undefined;
  const text = new TextDecoder().decode(bytes);
  if (!text.includes('"weightsManifest"')) return undefined;
  try {
    const model: unknown = JSON.parse(text);
    return isObject(model) && "weightsManifest" in model ? model : undefined;
  } catch {
    throw damaged("model.json is no whole JSON text");
  }
}

/**
 * Reads the weights of a parsed `model.json`.
 *
 * @throws {WeightsFileError} `unsupported` for a graph model.
 */
export async function readLayersModel(
  model: Record<string, unknown>,
  shard: ReadShard,
): Promise<Map<string, SafetensorsTensor>> {
  if (model.format === "graph-model") {
    throw new WeightsFileError(
      "unsupported",
      "It is a TensorFlow.js graph model: its weights are constants of a graph, with batch norms folded into the " +
        "convolutions, and cannot be trained further. Give the layers model or the weights that it was converted from.",
    );
  }
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { paths, weights } of readManifest(model.weightsManifest)) {
    const parts: Uint8Array[] = [];
    for (const path of paths) parts.push(await shard(path));
    const bytes = joined(parts);
    let at = 0;
    for (const weight of weights) {
      const size = storedBytes(weight);
      if (!(size <= bytes.length - at)) {
        throw damaged(
          `the weight ${quoted(weight.name)} ends behind its shards of ${bytes.length} bytes: ${
            brief(paths.join(", "))
          }`,
        );
      }
      if (tensors.has(weight.name)) throw damaged(`the weight ${quoted(weight.name)} comes twice`);
      tensors.set(weight.name, readWeight(weight, bytes.subarray(at, at += size)));
    }
    if (at !== bytes.length) {
      throw damaged(`the shards ${brief(paths.join(", "))} have ${bytes.length - at} bytes too many`);
    }
  }
  return tensors;
}

/** The paths of all shards. */
export function shardPaths(model: Record<string, unknown>): string[] {
  return readManifest(model.weightsManifest).flatMap(({ paths }) => paths);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function storedBytes({ shape, dtype, quantization }: Weight): number {
  const stored = quantization === undefined ? dtype : DTYPES[quantization.dtype] ?? dtype;
  return elementCount(shape) * SAFETENSORS_BITS[stored] / 8;
}

function readWeight(weight: Weight, bytes: Uint8Array): SafetensorsTensor {
  const { shape, dtype, quantization } = weight;
  if (quantization === undefined) return { dtype, shape, data: viewAs(dtype, bytes) };
  // Stays in halves: f32 has no further digits of it.
  if (quantization.dtype === "float16") return { dtype: "F16", shape, data: viewAs("F16", bytes) };
  const { scale, min } = quantization;
  const steps = quantization.dtype === "uint8" ? bytes : new Uint16Array(bytes.slice().buffer);
  const values = Float64Array.from(steps, (step) => step * scale + min);
  return dtype === "I32"
    ? { dtype, shape, data: Int32Array.from(values, Math.round) }
    : { dtype: "F32", shape, data: Float32Array.from(values) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function readManifest(manifest: unknown): Group[] {
  if (!Array.isArray(manifest)) throw damaged("its weightsManifest is no list");
  return manifest.map((group: unknown) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !paths.every(isText) || !Array.isArray(weights)) {
      throw damaged("a group of its weightsManifest has no paths or no weights");
    }
    const outside = paths.find((path) => !/^(?![./])[^\\:?#]+$/.test(path) || /(^|\/)\.\.?(\/|$)/.test(path));
    if (outside !== undefined) {
      throw new WeightsFileError(
        "refused",
        `Its weights would be in ${quoted(outside)}, outside of its folder. Put them beside model.json.`,
      );
    }
    return { paths, weights: weights.map(readEntry) };
  });
}

function readEntry(entry: unknown): Weight {
  const { name, shape, dtype, quantization } = isObject(entry) ? entry : {};
  if (!isText(name) || !isText(dtype) || !Array.isArray(shape) || !shape.every(isSize)) {
    throw damaged("a weight of its weightsManifest has no name, shape or dtype");
  }
  const type = keysOf(DTYPES).find((key) => key === dtype);
  const known = type === undefined ? undefined : DTYPES[type];
  if (known === undefined) {
    throw new WeightsFileError(
      "unsupported",
      `Its weight ${quoted(name)} has the type ${quoted(dtype)}; known are ${
        Object.keys(DTYPES).join(", ")
      }. Convert it first.`,
    );
  }
  return { name, shape, dtype: known, quantization: readQuantization(name, quantization) };
}

function readQuantization(name: string, quantization: unknown): Quantization | undefined {
  if (quantization === undefined) return undefined;
  const { dtype, scale = 1, min = 0 } = isObject(quantization) ? quantization : {};
  if (
    (dtype !== "uint8" && dtype !== "uint16" && dtype !== "float16") || typeof scale !== "number" ||
    typeof min !== "number"
  ) {
    throw damaged(`the quantization of the weight ${quoted(name)} is ${brief(JSON.stringify(quantization))}`);
  }
  return { dtype, scale, min };
}
