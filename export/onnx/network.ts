/** A trained network as an ONNX graph: what stands between the pixels and the embedding, for inference. */
import { outputSize } from "../../kernels/mod.ts";
import { COLOR_STATISTICS } from "../../model/conventions.ts";
import { foldNorm, type NormValues } from "../../model/folded_weights.ts";
import { convolutionPads } from "../../model/layers.ts";
import { type NetworkLayer, networkLayers } from "../../model/pretrained/network_layers.ts";
import { toOihw, weightShape } from "../../model/pretrained/weight_axes.ts";
import { LEAST_NORM } from "../../model/reid_model.ts";
import type { TrainedModel } from "../../model/trained_model.ts";
import { embeddingSizeOf, inWords, PRODUCER } from "../description.ts";
import { normOf, ownShape, valuesOf } from "../tensors.ts";
import { type GraphTensor, OnnxGraph } from "./graph.ts";
import { DATA_TYPE } from "./schema.ts";

/** What the input is called. */
export const INPUT = "images";
/** What the output is called. */
export const OUTPUT = "embeddings";

/** What of a network goes into the file. */
export interface OnnxOptions {
  /** The graph takes bytes [batch, H, W, 3] and scales them itself; else scaled images [batch, 3, H, W]. */
  readonly preprocess: boolean;
  /** Embeddings are scaled to length one, where the network's are. */
  readonly normalize: boolean;
  /** Version of the operators, from `OLDEST_OPSET` to `NEWEST_OPSET`. */
  readonly opset: number;
}

/**
 * The network as an ONNX file. Batch norms are folded into the convolutions, the neck into the projection where there
 * is one; the batch axis is open.
 *
 * @param metadata what the file says of itself.
 * @throws {ModelFileError} when a tensor is missing or of another shape than the network's settings say.
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
    `An embedding for each image${unit ? ", of length one" : ""}. The nearer two embeddings ` +
    "are, the more do their people look alike.";
  return graph.encode({ tensor: embedding, name: OUTPUT, documentation }, {
    producer: PRODUCER,
    opset,
    name: "mobilenet_v2_reid",
    documentation: inWords(spec),
    metadata,
  });
}

/** Bytes as they are decoded to what the stem takes. */
function scaledImages(graph: OnnxGraph, { spec }: TrainedModel): GraphTensor {
  const { imageHeight: height, imageWidth: width } = spec;
  const { mean, deviation } = COLOR_STATISTICS[spec.color];
  const bytes = graph.input(
    INPUT,
    "uint8",
    [height, width, 3],
    "Images as they are decoded and resized: channels last, RGB, 0 to 255.",
  );
  const perColor = (name: string, value: (c: number) => number) =>
    graph.constant(name, [1, 3, 1, 1], Float32Array.from([0, 1, 2], value));
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
  const scale = perColor("images.scale", (c) => 1 / (255 * deviation[c]));
  const offset = perColor("images.offset", (c) => -mean[c] / deviation[c]);
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
    // The first layer of a block takes what the block before has left.
    if (layer.part === "expand" || (layer.part === "depthwise" && !layer.expanded)) block = x;
    x = convolve(graph, model, layer, x);
    if (layer.part !== "project") x = graph.node("Clip", `${layer.name}.relu6`, [x.name, ...bounds], x.shape);
    if (layer.residual) x = graph.node("Add", `${layer.name}.residual`, [block.name, x.name], x.shape);
  }
  const [channels] = x.shape;
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
  const [, h, w] = x.shape;
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

/** Features to the embedding, before it is scaled: projection and neck as far as there are. */
function head(graph: OnnxGraph, model: TrainedModel, features: GraphTensor): GraphTensor {
  const { embeddingSize, neck, testFeature } = model.spec;
  const size = embeddingSizeOf(model.spec);
  const norm = neck !== "none" && testFeature === "after" ? normOf(model, "neck", size, false) : undefined;
  if (embeddingSize > 0) return project(graph, model, features, norm);
  if (!norm) return features;
  // The mean goes first: subtracted from the product it would cost digits where features lie close together.
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
  const shape = [features.shape[0], model.spec.embeddingSize];
  const own = valuesOf(model, "embedding.weight", shape);
  const folded = norm && foldNorm(own, norm);
  const inputs = [features.name, graph.constant("embedding.weight", shape, folded?.weight ?? own)];
  if (folded) inputs.push(graph.constant("embedding.bias", [shape[1]], folded.bias));
  return graph.node("Gemm", "embedding", inputs, [shape[1]]);
}

/** x / max(|x|, least): as the network's own layer, which does not stretch what has no direction. */
function toUnitLength(graph: OnnxGraph, x: GraphTensor): GraphTensor {
  const axes = graph.constant("length.axes", [1], BigInt64Array.of(1n));
  const least = graph.constant("length.least", [], Float32Array.of(LEAST_NORM));
  const length = graph.node("ReduceL2", "length", [x.name, axes], [1], { keepdims: 1 });
  const divisor = graph.node("Clip", "length.divisor", [length.name, least], [1]);
  return graph.node("Div", "unit", [x.name, divisor.name], x.shape);
}
