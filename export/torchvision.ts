/**
 * A trained network's weights under torchvision's names, for PyTorch's `load_state_dict`: the backbone of
 * `torchvision.models.mobilenet_v2` without its classifier; `embedding.weight`, a torch.nn.Linear without bias; and
 * `neck.*`, a torch.nn.BatchNorm1d. docs/export.md has a module that loads all of them.
 */
import { itemAt } from "../engine/item_at.ts";
import type { NormValues } from "../model/folded_weights.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { type LayerNames, torchvision } from "../model/pretrained/families.ts";
import { featureCount, type NetworkLayer, networkLayers } from "../model/network_layers.ts";
import { toOihw, weightShape } from "../model/pretrained/weight_axes.ts";
import { encodeSafetensors, type SafetensorsTensor } from "../model/safetensors.ts";
import { type TrainedModel, valuesOf } from "../model/trained_model.ts";
import { embeddingSizeOf } from "./description.ts";
import { normOf, ownShape } from "../model/network_tensors.ts";

/**
 * The weights as a safetensors file.
 *
 * @param metadata The file's metadata.
 * @throws {ModelFileError} When a tensor is missing or has another shape than the network's settings say.
 */
export function encodeTorchvision(
  model: TrainedModel,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, SafetensorsTensor>();
  const f32 = (name: string, shape: readonly number[], data: Float32Array) =>
    tensors.set(name, { dtype: "F32", shape, data });
  // PyTorch uses this count only for norms without momentum.
  const count = BigInt64Array.of(BigInt(model.step));
  const norm = (names: Omit<LayerNames, "weight">, { gamma, beta, mean, variance }: NormValues) => {
    const shape = [gamma.length];
    f32(names.gamma, shape, gamma);
    f32(names.beta, shape, beta ?? new Float32Array(gamma.length));
    f32(names.mean, shape, mean);
    f32(names.variance, shape, variance);
    const counter = names.gamma.replace(/weight$/, "num_batches_tracked");
    tensors.set(counter, { dtype: "I64", shape: [], data: count });
  };
  const convolution = (layer: NetworkLayer) => {
    const names = torchvision.names(layer);
    const weight = valuesOf(model, `${layer.name}.weight`, ownShape(layer));
    f32(names.weight, weightShape(layer, "OIHW"), toOihw(layer, weight));
    norm(names, normOf(model, layer.name, layer.to));
  };
  const { width, embeddingSize, neck } = model.spec;
  networkLayers(width).forEach(convolution);
  const features = featureCount(width);
  if (embeddingSize > 0) {
    const weight = valuesOf(model, "embedding.weight", [features, embeddingSize]);
    f32("embedding.weight", [embeddingSize, features], transposed(weight, features, embeddingSize));
  }
  if (neck !== "none") norm(NECK, normOf(model, "neck", embeddingSizeOf(model.spec), false));
  return encodeSafetensors(tensors, { ...metadata, format: "pt" });
}

const NECK = {
  gamma: "neck.weight",
  beta: "neck.bias",
  mean: "neck.running_mean",
  variance: "neck.running_var",
};

/**
 * A sentence on why torchvision's class would compute other embeddings with a network's weights; undefined where it
 * computes the same.
 */
export function otherThanTorchvision({ padding, epsilon }: ModelSpec): string | undefined {
  if (padding === "symmetric") return undefined;
  return `this network pads strided convolutions as TensorFlow does (SAME), with a batch norm epsilon of ${epsilon}, as ` +
    "Keras' MobileNetV2: torchvision.models.mobilenet_v2 would take these names without a word and give other " +
    "features. Load the file with the class in docs/export.md";
}

/** [rows, columns] → [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => itemAt(values, (i % rows) * columns + Math.floor(i / rows)));
}
