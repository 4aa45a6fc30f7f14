/** Nodes and constants of a computation, and their encoding as an ONNX file. */
import {
  ATTRIBUTE_TYPE,
  type AttributeMessage,
  DATA_TYPE,
  encodeMessage,
  MODEL,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from "./schema.ts";

/** Operator sets in which the operators used here have the same meaning, and the file format of each. */
const FORMAT_OF_OPSET: Readonly<Record<number, number>> = {
  18: 8,
  19: 9,
  20: 9,
  21: 10,
  22: 10,
  23: 11,
  24: 12,
  25: 13,
  26: 13,
};

/** The oldest operator set: since then ReduceL2 has its axes as an input. */
export const OLDEST_OPSET = 18;
/** The newest operator set: the last released one that ONNX Runtime 1.30 supports. */
export const NEWEST_OPSET = 26;

/** Name of the first axis of inputs and outputs: any number of images. */
export const BATCH = "batch";

/** A tensor of the graph: [batch, ...shape]. */
export interface GraphTensor {
  readonly name: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
}

/** An integer or several. */
type Attribute = number | readonly number[];

/** The description of a file. */
export interface OnnxDescription {
  readonly producer: { readonly name: string; readonly version: string };
  readonly opset: number;
  /** Of the graph. */
  readonly name: string;
  /** A sentence. */
  readonly documentation: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A graph under construction; names of tensors must be unique. */
export class OnnxGraph {
  readonly #names = new Set<string>();
  readonly #nodes: NodeMessage[] = [];
  readonly #constants: TensorMessage[] = [];
  readonly #inputs: ValueInfoMessage[] = [];
  /** Types of the nodes' results, by name. */
  readonly #results = new Map<string, ValueInfoMessage>();

  /** Adds an input [batch, ...shape]. */
  input(
    name: string,
    type: keyof typeof DATA_TYPE,
    shape: readonly number[],
    documentation: string,
  ): GraphTensor {
    this.#take(name);
    this.#inputs.push({ ...valueInfo({ name, shape }, type), docString: documentation });
    return { name, shape };
  }

  /** Adds a constant and returns its name. */
  constant(
    name: string,
    dims: readonly number[],
    values: Float32Array | BigInt64Array,
  ): string {
    this.#take(name);
    const dataType = values instanceof Float32Array ? DATA_TYPE.float32 : DATA_TYPE.int64;
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push({ dims, dataType, name, rawData });
    return name;
  }

  /**
   * Adds a node, which has the name of its result.
   *
   * @param shape Shape of the result, without the batch axis.
   */
  node(
    opType: string,
    name: string,
    input: readonly string[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type: keyof typeof DATA_TYPE = "float32",
  ): GraphTensor {
    this.#take(name);
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...attributeOf(value) }));
    this.#nodes.push({ input, output: [name], name, opType, attribute });
    this.#results.set(name, valueInfo({ name, shape }, type));
    return { name, shape };
  }

  /**
   * Encodes the graph as a file.
   *
   * @param output The output, which must not be an input of a node, and its name in the file.
   */
  encode(
    output: { readonly tensor: GraphTensor; readonly name: string; readonly documentation: string },
    { producer, opset, name, documentation, metadata }: OnnxDescription,
  ): Uint8Array<ArrayBuffer> {
    const last = output.tensor.name;
    this.#take(output.name);
    return encodeMessage(MODEL, {
      irVersion: FORMAT_OF_OPSET[opset],
      producerName: producer.name,
      producerVersion: producer.version,
      docString: documentation,
      graph: {
        node: this.#nodes.map((node) => node.name === last ? { ...node, output: [output.name] } : node),
        name,
        initializer: this.#constants,
        input: this.#inputs,
        output: { ...this.#results.get(last), name: output.name, docString: output.documentation },
        valueInfo: [...this.#results].filter(([name]) => name !== last).map(([, info]) => info),
      },
      opsetImport: { domain: "", version: opset },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
  }

  #take(name: string): void {
    if (this.#names.has(name)) throw new TypeError(`The graph has a tensor ${name} already`);
    this.#names.add(name);
  }
}

function attributeOf(value: Attribute): AttributeMessage {
  if (typeof value === "number") return { i: value, type: ATTRIBUTE_TYPE.int };
  return { ints: value, type: ATTRIBUTE_TYPE.ints };
}

function valueInfo({ name, shape }: GraphTensor, type: keyof typeof DATA_TYPE): ValueInfoMessage {
  const dim = [{ dimParam: BATCH }, ...shape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}
