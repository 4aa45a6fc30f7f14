/** Writes ONNX files: nodes and constants of a graph, encoded by the format's own schema. */

// A name in a variable: the type checker would otherwise ask for the package, which only onnx_features.ts runs with.
const ONNX_PROTO = "onnx-proto";
/** Numbers of ONNX's data and attribute types. */
const FLOAT = 1, ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 };

/** Version of the operators; in this one Clip takes its bounds as inputs. */
const OPSET = 13;

type Attribute = number | string | readonly number[];

/** A tensor that goes in or comes out. */
interface Port {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A graph under construction. Tensors are known by their names. */
export class OnnxGraph {
  readonly #nodes: object[] = [];
  readonly #constants = new Map<string, object>();

  /** Adds a node; whole numbers become integer attributes. Returns the name of its output. */
  node(opType: string, input: string[], attributes: Record<string, Attribute> = {}): string {
    const name = `${opType}${this.#nodes.length}`;
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...typed(value) }));
    this.#nodes.push({ opType, name, input, output: [name], attribute });
    return name;
  }

  /** Adds an f32 constant and returns its name. */
  constant(name: string, dims: readonly number[], values: Float32Array): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.set(name, { name, dims, dataType: FLOAT, rawData });
    return name;
  }

  /** A constant of one number. */
  scalar(name: string, value: number): string {
    return this.constant(name, [], Float32Array.of(value));
  }

  /** Gives a tensor the name that it comes out under. */
  output(name: string, from: string): void {
    this.#nodes.push({ opType: "Identity", name, input: [from], output: [name] });
  }

  /** The file. */
  async encode(input: Port, output: Port): Promise<Uint8Array> {
    const { onnx } = (await import(ONNX_PROTO)).default;
    return onnx.ModelProto.encode(onnx.ModelProto.fromObject({
      irVersion: 8,
      opsetImport: [{ domain: "", version: OPSET }],
      graph: {
        name: "published",
        node: this.#nodes,
        initializer: [...this.#constants.values()],
        input: [port(input)],
        output: [port(output)],
      },
    })).finish();
  }
}

function typed(value: Attribute): object {
  if (typeof value === "string") return { type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if (typeof value !== "number") return { type: ATTRIBUTE.ints, ints: value };
  return Number.isInteger(value) ? { type: ATTRIBUTE.int, i: value } : { type: ATTRIBUTE.float, f: value };
}

function port({ name, shape }: Port): object {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}
