/** A trained network as an ONNX graph, from pixels to embeddings, for inference. */
import { itemAt } from "../../engine/item_at.ts";
import { outputSize } from "../../kernels/mod.ts";
import { COLOR_STATISTICS } from "../../model/conventions.ts";
import { foldNorm, type NormValues } from "../../model/folded_weights.ts";
import { convolutionPads } from "../../model/layers/normed_conv.ts";
import { featureCount, type NetworkLayer, networkLayers } from "../../model/network_layers.ts";
import { toOihw, weightShape } from "../../model/pretrained/weight_axes.ts";
import { LEAST_NORM } from "../../model/reid_model.ts";
import { type TrainedModel, valuesOf } from "../../model/trained_model.ts";
import { embeddingSizeOf, inWords, PRODUCER } from "../description.ts";
import { normOf, ownShape } from "../../model/network_tensors.ts";
import { type GraphTensor, OnnxGraph } from "./graph.ts";
import { DATA_TYPE } from "./schema.ts";

/** Name of the input. */
export const INPUT = "images";
/** Name of the output. */
export const OUTPUT = "embeddings";

/** Options of an ONNX file. */
export interface OnnxOptions {
  /** Whether the input is bytes [batch, H, W, 3], which the graph scales; otherwise scaled images [batch, 3, H, W]. */
  readonly preprocess: boolean;
  /** Whether to scale embeddings to length one, where the network does so. */
  readonly normalize: boolean;
  /** Operator set, from `OLDEST_OPSET` to `NEWEST_OPSET`. */
  readonly opset: number;
}

/**
 * Encodes a network as an ONNX file. Batch norms are folded into the convolutions, the neck into the projection where
 * there is one; the batch size is free.
 *
 * @param metadata The file's metadata.
 * @throws {ModelFileError} When a tensor is missing or has another shape than the network's settings say.
 */
export function encodeOnnx(
  model: TrainedModel,
  { preprocess, normalize, opset }: OnnxOptions,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { spec } = model;
  const graph = new OnnxGraph();
  const images = preprocess ? scaledImages(graph, model) : graph.input(
    INPUT,
    "float32",
    [3, spec.imageHeight, spec.imageWidth],
    "Images, channels first, RGB, scaled: (value / 255 - mean) / std, which the metadata has.",
  );
  const features = backbone(graph, model, images);
  let embedding = head(graph, model, features);
  const unit = normalize && spec.normalize;
  if (unit) embedding = toUnitLength(graph, embedding);
  const documentation =
    `An embedding for each image${unit ? ", of length one" : ""}. Similar people have embeddings ` +
    "that are near each other.";
  return graph.encode({ tensor: embedding, name: OUTPUT, documentation }, {
    producer: PRODUCER,
    opset,
    name: "mobilenet_v2_reid",
    documentation: inWords(spec),
    metadata,
  });
}

/** From decoded bytes to the stem's input. */
function scaledImages(graph: OnnxGraph, { spec }: TrainedModel): GraphTensor {
  const { imageHeight: height, imageWidth: width } = spec;
  const { mean, deviation } = COLOR_STATISTICS[spec.color];
  const bytes = graph.input(
    INPUT,
    "uint8",
    [height, width, 3],
    "Images as they are decoded and resized: channels last, RGB, 0 to 255.",
  );
  const perColor = (name: string, values: readonly number[]) =>
    graph.constant(name, [1, 3, 1, 1], Float32Array.from(values));
  const shape = [3, height, width];
  const planes = graph.node(
    "Transpose",
    "images.planes",
    [bytes.name],
    shape,
    { perm: [0, 3, 1, 2] },
    "uint8",
  );
  const floats = graph.node("Cast", "images.float", [planes.name], shape, { to: DATA_TYPE.float32 });
  const scale = perColor("images.scale", deviation.map((d) => 1 / (255 * d)));
  const offset = perColor("images.offset", deviation.map((d, c) => -itemAt(mean, c) / d));
  const scaled = graph.node("Mul", "images.times_scale", [floats.name, scale], shape);
  return graph.node("Add", "images.scaled", [scaled.name, offset], shape);
}

/** Scaled images [3, H, W] to pooled features [C]. */
function backbone(graph: OnnxGraph, model: TrainedModel, images: GraphTensor): GraphTensor {
  const bounds = [
    graph.constant("relu6.min", [], Float32Array.of(0)),
    graph.constant("relu6.max", [], Float32Array.of(6)),
  ];
  let x = images, block = images;
  for (const layer of networkLayers(model.spec.width)) {
    if (layer.startsBlock) block = x;
    x = convolve(graph, model, layer, x);
    if (layer.part !== "project") x = graph.node("Clip", `${layer.name}.relu6`, [x.name, ...bounds], x.shape);
    if (layer.residual) x = graph.node("Add", `${layer.name}.residual`, [block.name, x.name], x.shape);
  }
  const channels = featureCount(model.spec.width);
  const pooled = graph.node("GlobalAveragePool", "pooled", [x.name], [channels, 1, 1]);
  return graph.node("Flatten", "features", [pooled.name], [channels], { axis: 1 });
}

/** A convolution with its batch norm folded in. */
function convolve(graph: OnnxGraph, model: TrainedModel, layer: NetworkLayer, x: GraphTensor): GraphTensor {
  const { name, part, to, stride } = layer;
  const kernel = part === "stem" || part === "depthwise" ? 3 : 1;
  const folded = foldNorm(valuesOf(model, `${name}.weight`, ownShape(layer)), normOf(model, name, to));
  const weight = graph.constant(`${name}.weight`, weightShape(layer, "OIHW"), toOihw(layer, folded.weight));
  const bias = graph.constant(`${name}.bias`, [to], folded.bias);
  const h = itemAt(x.shape, 1), w = itemAt(x.shape, 2);
  const pads = kernel === 1
    ? { top: 0, left: 0, bottom: 0, right: 0 }
    : convolutionPads(model.spec.padding, h, w, stride);
  const { oh, ow } = outputSize({ n: 1, h, w, kh: kernel, kw: kernel, stride, pads });
  return graph.node("Conv", name, [x.name, weight, bias], [to, oh, ow], {
    group: part === "depthwise" ? to : 1,
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pads.top, pads.left, pads.bottom, pads.right],
  });
}

/** From features to the embedding before it is scaled: projection and neck, where there are any. */
function head(graph: OnnxGraph, model: TrainedModel, features: GraphTensor): GraphTensor {
  const { embeddingSize, neck, testFeature } = model.spec;
  const size = embeddingSizeOf(model.spec);
  const norm = neck !== "none" && testFeature === "after" ? normOf(model, "neck", size, false) : undefined;
  if (embeddingSize > 0) return project(graph, model, features, norm);
  if (!norm) return features;
  // The mean is subtracted first: after the product, features that are close together would lose digits.
  const mean = graph.constant("neck.mean", [size], Float32Array.from(norm.mean));
  const { weight } = foldNorm(new Float32Array(size).fill(1), norm);
  const scale = graph.constant("neck.scale", [size], weight);
  const centered = graph.node("Sub", "neck.centered", [features.name, mean], [size]);
  return graph.node("Mul", "neck", [centered.name, scale], [size]);
}

/** Features times the projection, into which the neck is folded. */
function project(
  graph: OnnxGraph,
  model: TrainedModel,
  features: GraphTensor,
  norm: NormValues | undefined,
): GraphTensor {
  const { width, embeddingSize: size } = model.spec;
  const shape = [featureCount(width), size];
  const weight = valuesOf(model, "embedding.weight", shape);
  const folded = norm && foldNorm(weight, norm);
  const inputs = [features.name, graph.constant("embedding.weight", shape, folded?.weight ?? weight)];
  if (folded) inputs.push(graph.constant("embedding.bias", [size], folded.bias));
  return graph.node("Gemm", "embedding", inputs, [size]);
}

/** x / max(|x|, least): like the network's layer, which does not scale vectors without direction. */
function toUnitLength(graph: OnnxGraph, x: GraphTensor): GraphTensor {
  const axes = graph.constant("length.axes", [1], BigInt64Array.of(1n));
  const least = graph.constant("length.least", [], Float32Array.of(LEAST_NORM));
  const length = graph.node("ReduceL2", "length", [x.name, axes], [1], { keepdims: 1 });
  const divisor = graph.node("Clip", "length.divisor", [length.name, least], [1]);
  return graph.node("Div", "unit", [x.name, divisor.name], x.shape);
}
