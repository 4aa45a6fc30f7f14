/** What a trained network can be written as. */
import { encodeTrainedModel, type TrainedModel } from "../model/trained_model.ts";
import { describe } from "./description.ts";
import { encodeOnnx, type OnnxOptions } from "./onnx/network.ts";
import { requireWhole } from "./tensors.ts";
import { encodeTorchvision } from "./torchvision.ts";

/** A kind of file. */
export interface ExportFormat {
  /** What a file is called where nobody has said. */
  readonly fileName: string;
  /** What it is good for. */
  readonly summary: string;
  /**
   * The file.
   *
   * @param training the run's settings, where they are known.
   * @throws {ModelFileError} when a tensor is missing or of another shape than the network's settings say.
   */
  encode(model: TrainedModel, training: object | undefined, options: OnnxOptions): Promise<Uint8Array>;
}

/** Names of the formats on the command line. */
export type FormatName = "onnx" | "safetensors" | "model";

/** The formats by their names. */
export const FORMATS: Readonly<Record<FormatName, ExportFormat>> = {
  onnx: {
    fileName: "model.onnx",
    summary: "a graph for ONNX Runtime and others, from pixels to embedding",
    encode: async (model, training, options) => encodeOnnx(model, options, await describe(model, training)),
  },
  safetensors: {
    fileName: "torchvision.safetensors",
    summary: "weights under torchvision's names for PyTorch, and as first weights of a training run",
    encode: async (model, training) => encodeTorchvision(model, await describe(model, training)),
  },
  model: {
    fileName: "model.safetensors",
    summary: "weights and settings as this program's own commands and web page take them",
    // deno-lint-ignore require-await -- what it throws must be a rejection, as the others'.
    async encode(model) {
      requireWhole(model);
      return encodeTrainedModel(model);
    },
  },
};
