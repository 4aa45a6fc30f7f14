/**
 * The inference network as an ONNX file: Conv (batch norm folded in), Clip for ReLU6, Add, GlobalAveragePool, MatMul
 * and a division by the length. Input `images` [batch, 3, H, W], output `embeddings` [batch, 128].
 */
import { applyBlocks, type Block, EMBEDDING, type Layer, layersOf } from "./network.ts";
import { fold, toOihw } from "./layouts.ts";

// A name in a variable, because the type checker would require the package, which only this bench installs.
const ONNX_PROTO = "onnx-proto";
/** Version of ONNX's operator set. */
const OPSET = 13;
/** Numbers of ONNX's data and attribute types. */
const FLOAT = 1,
  INT64 = 7,
  ATTRIBUTE_FLOAT = 1,
  ATTRIBUTE_INT = 2,
  ATTRIBUTE_STRING = 3,
  ATTRIBUTE_INTS = 7;

type Attribute = number | string | readonly number[];

/** Collects nodes and constants of a graph. */
class Graph {
  readonly nodes: unknown[] = [];
  readonly initializers: unknown[] = [];

  /** Adds a node and returns the unique name of its output. */
  node(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const output = `${op}${this.nodes.length}`;
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...typed(value) }));
    this.nodes.push({ opType: op, name: output, input: inputs, output: [output], attribute });
    return output;
  }

  /** Adds a constant and returns its name. */
  constant(
    name: string,
    dims: readonly number[],
    values: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
  ): string {
    const dataType = values instanceof Float32Array ? FLOAT : INT64;
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.push({ name, dims, dataType, rawData });
    return name;
  }
}

function typed(value: Attribute): object {
  if (typeof value === "string") {
    return { type: ATTRIBUTE_STRING, s: new TextEncoder().encode(value) };
  }
  if (typeof value !== "number") return { type: ATTRIBUTE_INTS, ints: value };
  return Number.isInteger(value) ? { type: ATTRIBUTE_INT, i: value } : { type: ATTRIBUTE_FLOAT, f: value };
}

/** Encodes the network for a given batch and image size. */
export async function encodeOnnx(
  blocks: readonly Block[],
  weights: ReadonlyMap<string, Float32Array>,
  shape: { batch: number; height: number; imageWidth: number },
): Promise<Uint8Array> {
  const { onnx } = (await import(ONNX_PROTO)).default;
  const graph = new Graph();
  const zero = graph.constant("zero", [], Float32Array.of(0));
  const six = graph.constant("six", [], Float32Array.of(6));
  const convolve = (x: string, layer: Layer) => {
    const { weight, bias } = fold(layer, weights);
    const oihw = toOihw(layer, weight);
    const w = graph.constant(`${layer.name}.weight`, oihw.shape, oihw.values);
    const b = graph.constant(`${layer.name}.bias`, [layer.to], bias);
    const y = graph.node("Conv", [x, w, b], {
      group: layer.kind === "depthwise" ? layer.from : 1,
      kernel_shape: oihw.shape.slice(2),
      strides: [layer.stride, layer.stride],
      auto_pad: "SAME_UPPER", // As TensorFlow: the odd pixel of padding is at the end.
    });
    return layer.relu6 ? graph.node("Clip", [y, zero, six]) : y;
  };
  const last = applyBlocks(blocks, "images", convolve, (x, y) => graph.node("Add", [x, y]));
  const features = layersOf(blocks).at(-1)!.to;
  const pooled = graph.node("Flatten", [graph.node("GlobalAveragePool", [last])], { axis: 1 });
  const projection = graph.constant(
    "embedding.weight",
    [features, EMBEDDING],
    Float32Array.from(weights.get("embedding.weight")!),
  );
  const projected = graph.node("MatMul", [pooled, projection]);
  const length = graph.node("ReduceL2", [projected], { axes: [1], keepdims: 1 });
  const least = graph.constant("least", [], Float32Array.of(1e-12));
  const output = graph.node("Div", [projected, graph.node("Max", [length, least])]);
  graph.nodes.push({ opType: "Identity", name: "out", input: [output], output: ["embeddings"] });
  const { batch, height, imageWidth } = shape;
  return onnx.ModelProto.encode(onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: "mobilenet_v2",
      node: graph.nodes,
      initializer: graph.initializers,
      input: [tensorInfo("images", [batch, 3, height, imageWidth])],
      output: [tensorInfo("embeddings", [batch, EMBEDDING])],
    },
  })).finish();
}

function tensorInfo(name: string, dims: readonly number[]): object {
  const dim = dims.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}
