/**
 * A WebGPU tensor engine with automatic differentiation, MobileNetV2, and the triplet losses of person
 * re-identification, all on hand-written WGSL.
 *
 * Record a function of tensors once with {@linkcode Program.record}; run it as often as you like.
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./losses/mod.ts";
export {
  COLOUR_STATISTICS,
  type ColourScale,
  type Convention,
  type ConventionKey,
  CONVENTIONS,
} from "./model/conventions.ts";
export { FoldedWeights } from "./model/folded_weights.ts";
export {
  BatchNorm,
  Dense,
  glorotUniform,
  type Mode,
  NormedConv,
  type NormOptions,
  type Padding,
} from "./model/layers.ts";
export {
  makeDivisible,
  MOBILENET_DEFAULTS,
  type MobileNetOptions,
  MobileNetV2,
} from "./model/mobilenet_v2.ts";
export { type PretrainedBackbone, PretrainedError, readPretrained } from "./model/pretrained/pretrained.ts";
export { type ModelSpec, type Neck, NECKS, TEST_FEATURES, type TestFeature } from "./model/model_spec.ts";
export { Embedder, type EmbeddingProgram } from "./model/embedder.ts";
export {
  buildTrainedModel,
  decodeTrainedModel,
  encodeTrainedModel,
  ModelFileError,
  modelIdentity,
  type TrainedModel,
} from "./model/trained_model.ts";
export { ReidModel, type Sides } from "./model/reid_model.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsData,
  type SafetensorsDtype,
  SafetensorsError,
  type SafetensorsErrorKind,
  type SafetensorsFile,
  type SafetensorsTensor,
  toFloat32,
} from "./model/safetensors.ts";
