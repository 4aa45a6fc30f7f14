/** The file formats of a trained network. */
import { encodeTrainedModel, type TrainedModel, type WeightFormat } from "../model/trained_model.ts";
import { describe } from "./description.ts";
import { encodeOnnx, type OnnxOptions } from "./onnx/network.ts";
import { requireWhole } from "../model/network_tensors.ts";
import { encodeTorchvision } from "./torchvision.ts";

/** Options of the formats: ONNX's, and those of a model file. */
export interface ExportOptions extends OnnxOptions {
  /** Number format of a model file's weights; f32 by default. */
  readonly weights?: WeightFormat;
}

/** A file format. */
export interface ExportFormat {
  /** Default name of a file. */
  readonly fileName: string;
  /** What the file is for. */
  readonly summary: string;
  /**
   * Encodes a network.
   *
   * @param training The run's settings, where they are known.
   * @throws {ModelFileError} When a tensor is missing or has another shape than the network's settings say.
   */
  encode(model: TrainedModel, training: object | undefined, options: ExportOptions): Promise<Uint8Array>;
}

/** Names of the formats on the command line. */
export type FormatName = "onnx" | "safetensors" | "model";

/** The formats by their names. */
export const FORMATS: Readonly<Record<FormatName, ExportFormat>> = {
  onnx: {
    fileName: "model.onnx",
    summary: "a graph for ONNX Runtime and others, from pixels to embedding",
    async encode(model, training, options) {
      // Thresholds belong to embeddings as the network gives them.
      const thresholds = options.normalize || !model.spec.normalize ? model.thresholds : undefined;
      return encodeOnnx(model, options, await describe({ ...model, thresholds }, training));
    },
  },
  safetensors: {
    fileName: "torchvision.safetensors",
    summary: "weights under torchvision's names for PyTorch, and as first weights of a training run",
    encode: async (model, training) => encodeTorchvision(model, await describe(model, training)),
  },
  model: {
    fileName: "model.safetensors",
    summary: "weights and settings for this program's other commands and web page",
    // deno-lint-ignore require-await -- an error must be a rejection, as with the others.
    async encode(model, _, { weights = "f32" }) {
      requireWhole(model);
      return encodeTrainedModel(model, { weights });
    },
  },
};
