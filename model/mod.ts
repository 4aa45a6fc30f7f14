/**
 * Networks: layers, MobileNetV2, the re-identification network based on it, and reading and writing of weights.
 *
 * @example Two images through a small network with random weights
 * ```ts
 * import { Device, Random } from "@reid/webgpu/engine";
 * import { CONVENTIONS, Embedder, type ModelSpec, ReidModel } from "@reid/webgpu/model";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const spec: ModelSpec = {
 *   ...CONVENTIONS.own,
 *   momentum: 0.9,
 *   width: 0.1,
 *   imageHeight: 32,
 *   imageWidth: 16,
 *   embeddingSize: 8,
 *   neck: "none",
 *   testFeature: "after",
 *   normalize: true,
 *   identities: 0,
 * };
 * // For a trained network: buildTrainedModel(device, decodeTrainedModel(bytes)) with the bytes of a model or checkpoint.
 * const network = new ReidModel(device, spec, new Random(1));
 * const embedder = await Embedder.open(device, network, 2);
 *
 * const pixels = new Uint8Array(2 * embedder.stride).fill(255, embedder.stride); // a black image and a white one
 * const embeddings = await (await embedder.submit(pixels, 2)).embeddings;
 * assert.equal(embeddings.length, 2 * 8);
 * assert.ok(Math.abs(Math.hypot(...embeddings.subarray(0, 8)) - 1) < 1e-5);
 * embedder.destroy();
 * network.parameters.destroy();
 * device.destroy();
 * ```
 *
 * @module
 */
export {
  COLOR_STATISTICS,
  type ColorScale,
  type Convention,
  type ConventionKey,
  CONVENTIONS,
} from "./conventions.ts";
export { type FoldableNorm, FoldedWeights } from "./folded_weights.ts";
export { BatchNorm, type Mode, type NormOptions } from "./layers/batch_norm.ts";
export { Conv2d, type Conv2dLayerOptions, DepthwiseConv2d } from "./layers/conv2d.ts";
export { Embedding } from "./layers/embedding.ts";
export { glorotUniform } from "./layers/initial_values.ts";
export { LayerNorm } from "./layers/layer_norm.ts";
export { Linear } from "./layers/linear.ts";
export { NormedConv, type Padding } from "./layers/normed_conv.ts";
export { MOBILENET_DEFAULTS, type MobileNetOptions, MobileNetV2 } from "./mobilenet_v2.ts";
export { makeDivisible } from "./network_layers.ts";
export type { FamilyKey } from "./pretrained/families.ts";
export { type PretrainedBackbone, PretrainedError, readPretrained } from "./pretrained/pretrained.ts";
export { type ModelSpec, type Neck, NECKS, TEST_FEATURES, type TestFeature } from "./model_spec.ts";
export { Embedder, type EmbeddingProgram } from "./embedder.ts";
export type { ImageInputs } from "./image_batch.ts";
export { CellEmbedder, type CellProgram, type ImageCells } from "./cell_embedder.ts";
export { type CosineParts, cosineParts } from "./cosine_parts.ts";
export {
  buildTrainedModel,
  decodeTrainedModel,
  encodeTrainedModel,
  ModelFileError,
  modelIdentity,
  type TrainedModel,
  WEIGHT_FORMATS,
  type WeightFormat,
} from "./trained_model.ts";
export type { ComparisonThreshold, SearchThresholds, Thresholds } from "./thresholds.ts";
export { type SearchThreshold, searchThreshold } from "./search_threshold.ts";
export { loadParameters, saveParameters, type Unloaded } from "./parameter_file.ts";
export { type ReadShard } from "./weights_files/layers_model.ts";
export {
  readWeights,
  WEIGHTS_FORMATS,
  type WeightsFile,
  type WeightsFormat,
} from "./weights_files/read_weights.ts";
export { WeightsFileError, type WeightsFileErrorKind } from "./weights_files/weights_file_error.ts";
export { type NeckFeatures, ReidModel } from "./reid_model.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type OtherFile,
  SAFETENSORS_BITS,
  type SafetensorsData,
  type SafetensorsDtype,
  SafetensorsError,
  type SafetensorsErrorKind,
  type SafetensorsFile,
  type SafetensorsTensor,
  toFloat32,
} from "./safetensors.ts";
