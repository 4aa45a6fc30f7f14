/** Nodes and constants of a computation, written as an ONNX file. */
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

/** Versions of the operators in which those that are used here mean the same, and the file format that each came with. */
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

/** The oldest version of the operators that a file can be written in: ReduceL2 takes its axes as an input since. */
export const OLDEST_OPSET = 18;
/** The newest: the last released one that ONNX Runtime 1.30 knows. */
export const NEWEST_OPSET = 26;

/** The first axis of what goes in and comes out: as many images as are given. */
export const BATCH = "batch";

/** A tensor of the graph: [batch, ...shape]. */
export interface GraphTensor {
  readonly name: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
}

/** A whole number or several. */
type Attribute = number | readonly number[];

/** What a file says of itself. */
export interface OnnxDescription {
  readonly producer: { readonly name: string; readonly version: string };
  readonly opset: number;
  /** Of the graph. */
  readonly name: string;
  /** In sentences. */
  readonly documentation: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A graph under construction; tensors are known by their names, which must be unique. */
export class OnnxGraph {
  readonly #names = new Set<string>();
  readonly #nodes: NodeMessage[] = [];
  readonly #constants: TensorMessage[] = [];
  readonly #inputs: ValueInfoMessage[] = [];
  /** Types of what nodes make, by name. */
  readonly #made = new Map<string, ValueInfoMessage>();

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
    values: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
  ): string {
    this.#take(name);
    const dataType = values instanceof Float32Array ? DATA_TYPE.float32 : DATA_TYPE.int64;
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push({ dims, dataType, name, rawData });
    return name;
  }

  /**
   * Adds a node, which is named as what it makes.
   *
   * @param shape of what it makes, without the batch axis.
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
    this.#made.set(name, valueInfo({ name, shape }, type));
    return { name, shape };
  }

  /**
   * The file.
   *
   * @param output what comes out, which no node may take in, and the name that it comes out under.
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
        output: { ...this.#made.get(last), name: output.name, docString: output.documentation },
        valueInfo: [...this.#made].filter(([made]) => made !== last).map(([, info]) => info),
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
