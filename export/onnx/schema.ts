/**
 * The part of ONNX's schema that a network needs (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): the fields of
 * each message with their numbers and types, and the encoding of messages. A repeated field has an array.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

interface Scalars {
  readonly int64: number;
  readonly string: string;
  readonly bytes: Uint8Array;
}

interface Schema {
  readonly [field: string]: readonly [number: number, type: keyof Scalars | Schema];
}

type Value<Type> = Type extends keyof Scalars ? Scalars[Type] : Type extends Schema ? Message<Type> : never;

/** A message of a schema: some of its fields. */
export type Message<S extends Schema> = {
  readonly [Field in keyof S]?: Value<S[Field][1]> | readonly Value<S[Field][1]>[];
};

const OPERATOR_SET = { domain: [1, "string"], version: [2, "int64"] } as const;
const STRING_ENTRY = { key: [1, "string"], value: [2, "string"] } as const;
const DIMENSION = { dimValue: [1, "int64"], dimParam: [2, "string"] } as const;
const TENSOR_TYPE = { elemType: [1, "int64"], shape: [2, { dim: [1, DIMENSION] }] } as const;
const VALUE_INFO = {
  name: [1, "string"],
  type: [2, { tensorType: [1, TENSOR_TYPE] }],
  docString: [3, "string"],
} as const;
const TENSOR = {
  dims: [1, "int64"],
  dataType: [2, "int64"],
  name: [8, "string"],
  rawData: [9, "bytes"],
} as const;
const ATTRIBUTE = {
  name: [1, "string"],
  i: [3, "int64"],
  ints: [8, "int64"],
  type: [20, "int64"],
} as const;
const NODE = {
  input: [1, "string"],
  output: [2, "string"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, ATTRIBUTE],
} as const;
const GRAPH = {
  node: [1, NODE],
  name: [2, "string"],
  initializer: [5, TENSOR],
  docString: [10, "string"],
  input: [11, VALUE_INFO],
  output: [12, VALUE_INFO],
  valueInfo: [13, VALUE_INFO],
} as const;

/** A whole file. */
export const MODEL = {
  irVersion: [1, "int64"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  docString: [6, "string"],
  graph: [7, GRAPH],
  opsetImport: [8, OPERATOR_SET],
  metadataProps: [14, STRING_ENTRY],
} as const;

/** Numbers of element types. */
export const DATA_TYPE = { float32: 1, uint8: 2, int64: 7 } as const;
/** Numbers of attribute types. */
export const ATTRIBUTE_TYPE = { int: 2, ints: 7 } as const;

/** A node's attribute. */
export type AttributeMessage = Message<typeof ATTRIBUTE>;
/** A tensor's name and type. */
export type ValueInfoMessage = Message<typeof VALUE_INFO>;
/** A constant. */
export type TensorMessage = Message<typeof TENSOR>;
/** A node. */
export type NodeMessage = Message<typeof NODE>;

/** The bytes of a message. */
export function encodeMessage<S extends Schema>(schema: S, message: Message<S>): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  write(writer, schema, message);
  return writer.finish();
}

function write(writer: BinaryWriter, schema: Schema, message: Message<Schema>): void {
  for (const [field, value] of Object.entries(message)) {
    const definition = schema[field];
    if (definition === undefined) throw new TypeError(`The schema has no field ${field}`);
    const [number, type] = definition;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (type === "int64") writer.tag(number, WireType.Varint).int64(one);
      else if (type === "string") writer.tag(number, WireType.LengthDelimited).string(one);
      else if (type === "bytes") writer.tag(number, WireType.LengthDelimited).bytes(one);
      else {
        writer.tag(number, WireType.LengthDelimited).fork();
        write(writer, type, one);
        writer.join();
      }
    }
  }
}
